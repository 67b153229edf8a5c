/** Longest answer that is read, in bytes; the longest strategy takes a hundredth of it. */
const LONGEST_BODY_BYTES = 64 * 1024 * 1024

export class BodyTooLarge extends Error {
  constructor() {
    super(`the answer is longer than ${LONGEST_BODY_BYTES / 1024 ** 2} MB`)
    this.name = 'BodyTooLarge'
  }
}

/** `fetch` whose answers end with BodyTooLarge where they go on for too long: memory stays bounded. */
export const boundedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init)
  if (response.body === null) return response
  let bytes = 0
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength
        if (bytes > LONGEST_BODY_BYTES) controller.error(new BodyTooLarge())
        else controller.enqueue(chunk)
      },
    }),
  )
  const { status, statusText, headers } = response
  return new Response(counted, { status, statusText, headers })
}
