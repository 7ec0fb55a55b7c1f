import { attributeList, readAttributes, readText, type Attributes } from '../message.ts';
import { readCounter, readData } from './data.ts';
import { readExpression, readExpressions } from './expressions.ts';
import { bitWords, present, readBe32, readBe64, readHex } from './nfnetlink.ts';
import * as nft from './nftConstants.ts';
import type { NftElement, NftFamily, NftObject, NftSet } from './nftTypes.ts';
import { objectWords, setFlagWords, typeNames, wordAt } from './nftWords.ts';
import { NFTNL_UDATA_SET_COMMENT, readComment } from './userdata.ts';

/** Sets with their elements, and named objects, from attributes of nf_tables. */

export function readSet(family: NftFamily, a: Attributes): NftSet | undefined {
  const table = readText(a.get(nft.NFTA_SET_TABLE));
  const name = readText(a.get(nft.NFTA_SET_NAME));
  const handle = readBe64(a.get(nft.NFTA_SET_HANDLE));
  const keyLength = readBe32(a.get(nft.NFTA_SET_KEY_LEN));
  if (table === undefined || name === undefined) return undefined;
  if (handle === undefined || keyLength === undefined) return undefined;
  const flags = readBe32(a.get(nft.NFTA_SET_FLAGS)) ?? 0;
  const description = a.get(nft.NFTA_SET_DESC);
  const optional = {
    dataType: dataType(flags, a),
    timeoutMs: readBe64(a.get(nft.NFTA_SET_TIMEOUT)),
    size: description && readBe32(readAttributes(description).get(nft.NFTA_SET_DESC_SIZE)),
    comment: readComment(a.get(nft.NFTA_SET_USERDATA), NFTNL_UDATA_SET_COMMENT),
  };
  return {
    family,
    table,
    name,
    handle,
    flags: bitWords(flags, setFlagWords),
    keyType: typeNames(readBe32(a.get(nft.NFTA_SET_KEY_TYPE)) ?? 0),
    keyLength,
    ...present(optional),
  };
}

function dataType(flags: number, a: Attributes): string[] | undefined {
  if ((flags & nft.NFT_SET_OBJECT) !== 0) {
    return [wordAt(objectWords, readBe32(a.get(nft.NFTA_SET_OBJ_TYPE)) ?? 0)];
  }
  if ((flags & nft.NFT_SET_MAP) === 0) return undefined;
  return typeNames(readBe32(a.get(nft.NFTA_SET_DATA_TYPE)) ?? 0);
}

/** The list of NFT_MSG_NEWSETELEM or NFT_MSG_DELSETELEM; long lists come in several messages. */
export function readElements(
  a: Attributes,
): { table: string; set: string; elements: NftElement[] } | undefined {
  const table = readText(a.get(nft.NFTA_SET_ELEM_LIST_TABLE));
  const set = readText(a.get(nft.NFTA_SET_ELEM_LIST_SET));
  if (table === undefined || set === undefined) return undefined;
  const list = a.get(nft.NFTA_SET_ELEM_LIST_ELEMENTS) ?? Buffer.alloc(0);
  const elements = attributeList(list).flatMap(({ type, value }) =>
    type === nft.NFTA_LIST_ELEM ? (readElement(readAttributes(value)) ?? []) : [],
  );
  return { table, set, elements };
}

function readElement(a: Attributes): NftElement | undefined {
  const flags = readBe32(a.get(nft.NFTA_SET_ELEM_FLAGS)) ?? 0;
  const key = keyBytes(a.get(nft.NFTA_SET_ELEM_KEY));
  const catchall = (flags & nft.NFT_SET_ELEM_CATCHALL) !== 0;
  if (key === undefined && !catchall) return undefined;
  const object = readText(a.get(nft.NFTA_SET_ELEM_OBJREF));
  const optional = {
    key,
    keyEnd: keyBytes(a.get(nft.NFTA_SET_ELEM_KEY_END)),
    value: object === undefined ? readData(a.get(nft.NFTA_SET_ELEM_DATA)) : { object },
    timeoutMs: readBe64(a.get(nft.NFTA_SET_ELEM_TIMEOUT)),
    expiresMs: readBe64(a.get(nft.NFTA_SET_ELEM_EXPIRATION)),
    comment: readComment(a.get(nft.NFTA_SET_ELEM_USERDATA)),
    expressions: elementExpressions(a),
  };
  const intervalEnd = (flags & nft.NFT_SET_ELEM_INTERVAL_END) !== 0;
  return { intervalEnd, ...present(optional) };
}

const keyBytes = (value: Buffer | undefined): string | undefined =>
  value && readHex(readAttributes(value).get(nft.NFTA_DATA_VALUE));

/** One comes alone, several come in a list. */
function elementExpressions(a: Attributes): NftElement['expressions'] {
  const list = a.get(nft.NFTA_SET_ELEM_EXPRESSIONS);
  if (list) return readExpressions(list);
  const single = a.get(nft.NFTA_SET_ELEM_EXPR);
  const expression = single && readExpression(single);
  return expression && [expression];
}

export function readObject(family: NftFamily, a: Attributes): NftObject | undefined {
  const table = readText(a.get(nft.NFTA_OBJ_TABLE));
  const name = readText(a.get(nft.NFTA_OBJ_NAME));
  const handle = readBe64(a.get(nft.NFTA_OBJ_HANDLE));
  const type = readBe32(a.get(nft.NFTA_OBJ_TYPE));
  if (table === undefined || name === undefined) return undefined;
  if (handle === undefined || type === undefined) return undefined;
  const data = a.get(nft.NFTA_OBJ_DATA);
  const isCounter = type === nft.NFT_OBJECT_COUNTER && data !== undefined;
  const optional = {
    counter: isCounter ? readCounter(readAttributes(data)) : undefined,
    comment: readComment(a.get(nft.NFTA_OBJ_USERDATA)),
  };
  return { family, table, name, handle, object: wordAt(objectWords, type), ...present(optional) };
}
