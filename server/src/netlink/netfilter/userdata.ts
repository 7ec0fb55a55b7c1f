/**
 * User data of nft: type, length and value of one byte, one byte and `length` bytes. The kernel
 * keeps it without looking; only comments are read here.
 */
/** Of tables, chains, rules, elements and objects alike. */
const NFTNL_UDATA_RULE_COMMENT = 0;
/** Sets hold the byte orders and types of their keys in types 0 to 6. */
export const NFTNL_UDATA_SET_COMMENT = 7;

/** The comment, or undefined where there is none. */
export function readComment(
  userdata: Buffer | undefined,
  type = NFTNL_UDATA_RULE_COMMENT,
): string | undefined {
  if (!userdata) return undefined;
  for (let at = 0; at + 2 <= userdata.length;) {
    const end = at + 2 + userdata.readUInt8(at + 1);
    if (end > userdata.length) return undefined;
    if (userdata.readUInt8(at) === type) {
      const nul = userdata.indexOf(0, at + 2);
      return userdata.toString('utf8', at + 2, nul >= 0 && nul < end ? nul : end);
    }
    at = end;
  }
  return undefined;
}
