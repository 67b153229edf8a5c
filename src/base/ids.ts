/**
 * A UUID of version 7 (RFC 9562, section 5.7): 48 bits of Unix time in milliseconds, then 74 random bits, so that
 * ids sort by the time they were made. Time and chance are given, so the same arguments give the same id.
 *
 * @param millis milliseconds since 1970, a whole number in [0, 2^48)
 * @param random 10 random bytes; 6 of their 80 bits make room for version and variant
 */
export function uuidv7(millis: number, random: Uint8Array): string {
  if (!Number.isInteger(millis) || millis < 0 || millis >= 2 ** 48) {
    throw new RangeError(`uuidv7: ${millis} is not a time in milliseconds within 48 bits`)
  }
  if (random.length < 10) throw new RangeError(`uuidv7 needs 10 random bytes, not ${random.length}`)
  const hex = [millis.toString(16).padStart(12, '0')]
  for (let i = 0; i < 10; i++) {
    let byte = random[i]!
    if (i === 0) byte = 0x70 | (byte & 0x0f)
    if (i === 2) byte = 0x80 | (byte & 0x3f)
    hex.push(byte.toString(16).padStart(2, '0'))
  }
  const all = hex.join('')
  return `${all.slice(0, 8)}-${all.slice(8, 12)}-${all.slice(12, 16)}-${all.slice(16, 20)}-${all.slice(20)}`
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Whether a text is a UUID in lower-case canonical form, of any version. */
export const isUuid = (text: string): boolean => UUID.test(text)

/** The milliseconds since 1970 that a UUID of version 7 carries. */
export const millisOfUuidv7 = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
