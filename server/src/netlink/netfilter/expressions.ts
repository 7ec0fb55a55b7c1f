import { attributeList, readAttributes, readText } from '../message.ts';
import { expressionReaders } from './expressionReaders.ts';
import * as nft from './nftConstants.ts';
import type { NftExpression } from './nftTypes.ts';

/** The expressions of a rule, from the bytes of NFTA_RULE_EXPRESSIONS or the like. */
export const readExpressions = (list: Buffer | undefined): NftExpression[] =>
  list === undefined
    ? []
    : attributeList(list).flatMap(({ type, value }) =>
        type === nft.NFTA_LIST_ELEM ? (readExpression(value) ?? []) : [],
      );

/** Undefined without a name; `other` where the name is unknown or its attributes are malformed. */
export function readExpression(element: Buffer): NftExpression | undefined {
  const attributes = readAttributes(element);
  const name = readText(attributes.get(nft.NFTA_EXPR_NAME));
  if (name === undefined) return undefined;
  const data = attributes.get(nft.NFTA_EXPR_DATA) ?? Buffer.alloc(0);
  const read = expressionReaders.get(name);
  return read?.(readAttributes(data)) ?? { type: 'other', name, data: data.toString('hex') };
}
