/**
 * A request as code: for the AWS SDK of JavaScript, for dynatab, Python, Java and the command line. Each is what a
 * person would write by hand, and runs as it stands once there are credentials.
 */

import { ofStreams } from './operations.js';
import { isObject } from './values.js';

export const LANGUAGES = {
  sdk: 'JavaScript, AWS SDK',
  dynatab: 'JavaScript, dynatab',
  python: 'Python',
  java: 'Java',
  cli: 'AWS CLI',
} as const;

export type Language = keyof typeof LANGUAGES;

type Input = Record<string, unknown>;

const lower = (name: string) => name[0]!.toLowerCase() + name.slice(1);
const kebab = (name: string) => name.replace(/(?<!^)([A-Z])/g, '-$1').toLowerCase();
const snake = (name: string) => kebab(name).replaceAll('-', '_');

/** The code of a request in AWS JSON. */
export function codeFor(language: Language, operation: string, input: Input): string {
  return WRITERS[language](operation, input);
}

const service = (operation: string) => (ofStreams(operation) ? 'dynamodbstreams' : 'dynamodb');
const sdkClient = (operation: string) => `DynamoDB${ofStreams(operation) ? 'Streams' : ''}Client`;

const WRITERS: Record<Language, (operation: string, input: Input) => string> = {
  sdk: (operation, input) =>
    `import { ${sdkClient(operation)}, ${operation}Command } from '@aws-sdk/client-dynamodb${ofStreams(operation) ? '-streams' : ''}';

const client = new ${sdkClient(operation)}({});
const output = await client.send(new ${operation}Command(${script(input)}));`,

  dynatab: (operation, input) =>
    `import { open } from 'dynatab';

const db = await open({ name: 'playground' });
const output = await db.client().${lower(operation)}(${script(input)});`,

  python: (operation, input) => {
    const members = Object.entries(input).map(([name, value]) => `    ${name}=${python(value, '    ')},\n`);
    const call = members.length ? `\n${members.join('')}` : '';
    return `import boto3

client = boto3.client("${service(operation)}")
output = client.${snake(operation)}(${call})`;
  },

  java,

  cli: (operation, input) => {
    const text = JSON.stringify(input, null, 2).replaceAll("'", `'\\''`);
    return `aws ${service(operation)} ${kebab(operation)} --cli-input-json '${text}'`;
  },
};

/** Base64 stands under B and BS only; everything else of AWS JSON is the same in JavaScript. */
function script(value: unknown, indent = ''): string {
  if (Array.isArray(value))
    return block(
      '[',
      value.map((one) => script(one, `${indent}  `)),
      ']',
      indent,
    );
  if (!isObject(value)) return typeof value === 'string' ? quote(value) : JSON.stringify(value);
  const entries = Object.entries(value);
  const [type, held] = entries[0] ?? [];
  if (entries.length === 1 && type === 'B' && typeof held === 'string') {
    return `{ B: Uint8Array.fromBase64(${quote(held)}) }`;
  }
  if (entries.length === 1 && type === 'BS' && Array.isArray(held)) {
    return `{ BS: [${held.map((one) => `Uint8Array.fromBase64(${quote(String(one))})`).join(', ')}] }`;
  }
  const members = entries.map(([name, one]) => `${property(name)}: ${script(one, `${indent}  `)}`);
  return block('{', members, '}', indent);
}

const property = (name: string) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name));

/** A JavaScript string in single quotes. */
function quote(text: string): string {
  const body = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${body}'`;
}

/** On one line when it is short, else a line each. */
function block(open: string, members: string[], close: string, indent: string): string {
  if (members.length === 0) return open + close;
  const space = open === '{' ? ' ' : '';
  const line = `${open}${space}${members.join(', ')}${space}${close}`;
  if (line.length + indent.length <= 90 && !line.includes('\n')) return line;
  return `${open}\n${members.map((member) => `${indent}  ${member},\n`).join('')}${indent}${close}`;
}

function python(value: unknown, indent: string): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return String(value);
  const inner = `${indent}    `;
  if (Array.isArray(value))
    return pythonBlock(
      '[',
      value.map((one) => python(one, inner)),
      ']',
      indent,
    );
  const entries = Object.entries(value as Input);
  const [type, held] = entries[0] ?? [];
  if (entries.length === 1 && type === 'B' && typeof held === 'string') {
    return `{"B": __import__("base64").b64decode(${JSON.stringify(held)})}`;
  }
  const members = entries.map(([name, one]) => `${JSON.stringify(name)}: ${python(one, inner)}`);
  return pythonBlock('{', members, '}', indent);
}

function pythonBlock(open: string, members: string[], close: string, indent: string): string {
  const line = open + members.join(', ') + close;
  if (line.length + indent.length <= 88 && !line.includes('\n')) return line;
  return `${open}\n${members.map((member) => `${indent}    ${member},\n`).join('')}${indent}${close}`;
}

/** Members of Java's requests that are maps of attribute values, and lists of them. */
const JAVA_TYPES: Record<string, string> = {
  KeySchema: 'KeySchemaElement',
  AttributeDefinitions: 'AttributeDefinition',
  GlobalSecondaryIndexes: 'GlobalSecondaryIndex',
  LocalSecondaryIndexes: 'LocalSecondaryIndex',
  GlobalSecondaryIndexUpdates: 'GlobalSecondaryIndexUpdate',
  Tags: 'Tag',
  Projection: 'Projection',
  ProvisionedThroughput: 'ProvisionedThroughput',
  StreamSpecification: 'StreamSpecification',
  SSESpecification: 'SSESpecification',
  PutRequest: 'PutRequest',
  DeleteRequest: 'DeleteRequest',
  Get: 'Get',
  Put: 'Put',
  Update: 'Update',
  Delete: 'Delete',
  ConditionCheck: 'ConditionCheck',
};

function java(operation: string, input: Input): string {
  const request = builder(`${operation}Request`, input, '    ');
  const [client, at] = ofStreams(operation) ? ['DynamoDbStreamsClient', 'streams.'] : ['DynamoDbClient', ''];
  return `import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.${at}${client};
import software.amazon.awssdk.services.dynamodb.model.*;

try (${client} client = ${client}.create()) {
    var output = client.${lower(operation)}(${request});
}`;
}

function builder(type: string, members: Input, indent: string): string {
  const calls = Object.entries(members).map(
    ([name, value]) => `\n${indent}    .${javaName(name)}(${javaMember(name, value, `${indent}    `, type)})`,
  );
  return `${type}.builder()${calls.join('')}\n${indent}    .build()`;
}

const javaName = (name: string) => (name === 'SSESpecification' ? 'sseSpecification' : lower(name));

/** The type of a structure, or of the structures in a list. */
function javaType(name: string, parent: string): string | undefined {
  // Both transactions call their list so; its members are of two types.
  if (name === 'TransactItems') return parent.replace('ItemsRequest', 'Item');
  if (parent === 'GlobalSecondaryIndexUpdate') return `${name}GlobalSecondaryIndexAction`;
  return JAVA_TYPES[name];
}

/** The value of a request's member, by what the member is. */
function javaMember(name: string, value: unknown, indent: string, parent: string): string {
  const type = javaType(name, parent);
  if (type && Array.isArray(value)) {
    return javaList(
      value.map((one) => builder(type, one as Input, `${indent}    `)),
      indent,
    );
  }
  if (type && isObject(value)) return builder(type, value, indent);
  if (name === 'RequestItems' && isObject(value)) {
    const tables = Object.entries(value).map(([table, one]) => {
      const inner = `${indent}    `;
      if (parent === 'BatchGetItemRequest') {
        return `${JSON.stringify(table)}, ${builder('KeysAndAttributes', one as Input, inner)}`;
      }
      const writes = (one as Input[]).map((write) => builder('WriteRequest', write, `${inner}    `));
      return `${JSON.stringify(table)}, ${javaList(writes, inner)}`;
    });
    return `Map.of(${tables.join(', ')})`;
  }
  if (['Item', 'Key', 'ExclusiveStartKey', 'ExpressionAttributeValues'].includes(name)) {
    return attributes(value as Input, indent);
  }
  if (name === 'Keys')
    return javaList(
      (value as Input[]).map((key) => attributes(key, `${indent}    `)),
      indent,
    );
  if (isObject(value)) {
    return `Map.of(${Object.entries(value)
      .map(([key, one]) => `${JSON.stringify(key)}, ${JSON.stringify(one)}`)
      .join(', ')})`;
  }
  if (Array.isArray(value)) return `List.of(${value.map((one) => JSON.stringify(one)).join(', ')})`;
  return JSON.stringify(value);
}

const javaList = (members: string[], indent: string) =>
  `List.of(\n${members.map((member) => `${indent}    ${member}`).join(',\n')}\n${indent})`;

/** Map.of takes ten entries; a longer map is of entries. */
function attributes(map: Input, indent: string): string {
  const entries = Object.entries(map);
  const inner = `${indent}    `;
  if (entries.length === 0) return 'Map.of()';
  if (entries.length <= 10) {
    const members = entries.map(
      ([name, value]) => `${inner}${JSON.stringify(name)}, ${attribute(value, inner)}`,
    );
    return `Map.of(\n${members.join(',\n')}\n${indent})`;
  }
  const members = entries.map(
    ([name, value]) => `${inner}Map.entry(${JSON.stringify(name)}, ${attribute(value, inner)})`,
  );
  return `Map.ofEntries(\n${members.join(',\n')}\n${indent})`;
}

function attribute(value: unknown, indent: string): string {
  const [type = 'NULL', held] = Object.entries(isObject(value) ? value : {})[0] ?? [];
  const texts = () => (held as unknown[]).map((one) => JSON.stringify(one)).join(', ');
  const bytes = (text: unknown) =>
    `SdkBytes.fromByteArray(java.util.Base64.getDecoder().decode(${JSON.stringify(text)}))`;
  switch (type) {
    case 'S':
      return `AttributeValue.fromS(${JSON.stringify(held)})`;
    case 'N':
      return `AttributeValue.fromN(${JSON.stringify(held)})`;
    case 'BOOL':
      return `AttributeValue.fromBool(${String(held)})`;
    case 'B':
      return `AttributeValue.fromB(${bytes(held)})`;
    case 'SS':
      return `AttributeValue.fromSs(List.of(${texts()}))`;
    case 'NS':
      return `AttributeValue.fromNs(List.of(${texts()}))`;
    case 'BS':
      return `AttributeValue.fromBs(List.of(${(held as unknown[]).map(bytes).join(', ')}))`;
    case 'L':
      return `AttributeValue.fromL(List.of(${(held as unknown[]).map((one) => attribute(one, indent)).join(', ')}))`;
    case 'M':
      return `AttributeValue.fromM(${attributes(held as Input, indent)})`;
    default:
      return 'AttributeValue.fromNul(true)';
  }
}
