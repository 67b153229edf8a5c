/** What a writer that dies in the middle of a line leaves. */
export const HALF_A_RECORD =
  '{"schema":1,"kind":"iteration","id":"01890000-0000-7000-8000-000000000000","iterat'
