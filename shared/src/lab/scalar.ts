import { JsonNumber } from '../cni/json.ts';

const jsonNumber = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const yamlDecimal = /^([-+]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([-+]?[0-9]+))?$/;

/**
 * The JSON spelling of a YAML 1.2 number, from its source text so that no digit is lost: what is
 * JSON already stays as written; `0x10`, `0o17`, `+1`, `007`, `.5` and `5.` are respelled.
 * Undefined for what JSON has no word for (`.inf`, `.nan`).
 */
export function numberFromYaml(source: string): JsonNumber | undefined {
  if (jsonNumber.test(source)) return new JsonNumber(source);
  if (/^0x[0-9a-fA-F]+$/.test(source) || /^0o[0-7]+$/.test(source)) {
    return new JsonNumber(BigInt(source).toString());
  }
  const parts = yamlDecimal.exec(source);
  if (!parts) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent] = parts;
  const text =
    (sign === '-' ? '-' : '') +
    (whole.replace(/^0+(?=[0-9])/, '') || '0') +
    (fraction ? `.${fraction}` : '') +
    (exponent ? `e${exponent}` : '');
  return jsonNumber.test(text) ? new JsonNumber(text) : undefined;
}
