import { isDeepStrictEqual } from 'node:util';

/** An attribute in DynamoDB's JSON. */
export type Attribute = Readonly<Record<string, unknown>>;
export type Row = Record<string, Attribute>;

export interface WriteConditions {
  ConditionExpression?: string;
  ExpressionAttributeNames?: Readonly<Record<string, string>>;
  ExpressionAttributeValues?: Readonly<Record<string, Attribute>>;
}

/** Whether a row meets conditions of the forms `#a = :a` and `attribute_not_exists(#a)`, joined by AND. */
export function meets(row: Row | undefined, conditions: WriteConditions): boolean {
  const { ConditionExpression: expression } = conditions;
  if (expression === undefined) return true;
  return expression.split(' AND ').every((term) => {
    const absent = /^attribute_not_exists\((#\w+)\)$/.exec(term);
    if (absent) return row?.[nameOf(conditions, absent[1]!)] === undefined;
    const equal = /^(#\w+) = (:\w+)$/.exec(term);
    if (!equal) throw new Error(`a condition that is not known here: ${term}`);
    return isDeepStrictEqual(row?.[nameOf(conditions, equal[1]!)], valueOf(conditions, equal[2]!));
  });
}

/** Carries out `SET #a = :a, … REMOVE #b, …` or `ADD #a :a` on a copy of the row. */
export function updated(row: Row, expression: string, names: WriteConditions): Row {
  const next = { ...row };
  const parts = /^(?:SET (?<set>[^A-Z]+?))?(?: ?REMOVE (?<remove>[^A-Z]+))?(?:ADD (?<add>#\w+ :\w+))?$/.exec(
    expression,
  );
  if (!parts?.groups) throw new Error(`an update that is not known here: ${expression}`);
  const { set, remove, add } = parts.groups;
  for (const assignment of set?.split(', ') ?? []) {
    const [name = '', value = ''] = assignment.split(' = ');
    next[nameOf(names, name)] = valueOf(names, value);
  }
  for (const name of remove?.split(', ') ?? []) delete next[nameOf(names, name)];
  if (add !== undefined) {
    const [place = '', value = ''] = add.split(' ');
    const name = nameOf(names, place);
    next[name] = { N: String(Number(next[name]?.['N'] ?? 0) + Number(valueOf(names, value)['N'])) };
  }
  return next;
}

function nameOf({ ExpressionAttributeNames: names }: WriteConditions, place: string): string {
  const name = names?.[place];
  if (name === undefined) throw new Error(`${place} stands for no name`);
  return name;
}

function valueOf({ ExpressionAttributeValues: values }: WriteConditions, place: string): Attribute {
  const value = values?.[place];
  if (value === undefined) throw new Error(`${place} stands for no value`);
  return value;
}
