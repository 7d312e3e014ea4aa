import { loadSync, type Field, type Namespace, type ReflectionObject, Service, Type } from 'protobufjs';
import { FileDescriptorSet } from 'protobufjs/ext/descriptor/index.js';
import protobuf from 'protobufjs';
import { join } from 'node:path';
import { DESCRIPTOR_SET } from '../src/admin/generated/descriptor-set.js';
import * as generated from '../src/admin/generated/supernoba/engine/v1/snapshot_service.js';

const PACKAGE = 'supernoba.engine.v1';
const file = join(__dirname, '..', 'proto', 'supernoba', 'engine', 'v1', 'snapshot_service.proto');
// The compiler that the generated code did not come from.
const source = loadSync(file).lookup(PACKAGE) as Namespace;

/** Messages with their fields and services with their methods, as lines. */
function outline(space: Namespace): string[] {
  const field = ({ id, name, type, repeated }: Field) =>
    `${id} ${repeated ? 'repeated ' : ''}${type.split('.').pop()} ${name}`;
  const lines = (object: ReflectionObject): string[] => {
    object.resolve();
    if (object instanceof Type) return object.fieldsArray.map((one) => `${object.name}: ${field(one)}`);
    if (!(object instanceof Service)) return [];
    return object.methodsArray.map(
      ({ name, requestType, responseType, responseStream }) =>
        `${object.name}.${name}: ${requestType.split('.').pop()} ${responseStream ? 'stream ' : ''}${responseType.split('.').pop()}`,
    );
  };
  return space.nestedArray.flatMap(lines).sort();
}

test('the descriptors for reflection are those of the .proto file', () => {
  const set = FileDescriptorSet.decode(Buffer.from(DESCRIPTOR_SET, 'base64'));
  // The extension adds this to the class; its types do not say so.
  const { fromDescriptor } = protobuf.Root as unknown as { fromDescriptor: (set: unknown) => protobuf.Root };
  const described = fromDescriptor(set).lookup(PACKAGE) as Namespace;
  expect(outline(source).length).toBeGreaterThan(50);
  expect(outline(described).map((line) => line.toLowerCase().replaceAll('_', ''))).toEqual(
    outline(source).map((line) => line.toLowerCase().replaceAll('_', '')),
  );
});

test('the generated code has every method of the .proto file', () => {
  const methods = Object.values(generated.SnapshotServiceDefinition.methods).map(({ name }) => name);
  expect(methods.sort()).toEqual(
    (source.get('SnapshotService') as Service).methodsArray.map(({ name }) => name).sort(),
  );
});

const types = source.nestedArray.filter((object): object is Type => object instanceof Type);

test.each(types.map((type) => [type.name, type] as const))(
  '%s: the generated code and the .proto file write the same bytes',
  (name, type) => {
    const message = sample(type);
    const codec = (generated as unknown as Record<string, generated.MessageFns<object>>)[name];
    if (codec === undefined) throw new Error(`no ${name}: run npx nx run engine:generate`);
    const [oneof] = type.oneofsArray;
    const ours = oneof === undefined ? message : { [oneof.name]: oneofOf(message) };
    const bytes = Buffer.from(codec.encode(codec.fromPartial(ours)).finish());
    expect(bytes).toEqual(Buffer.from(type.encode(type.fromObject(message)).finish()));
    expect(codec.decode(bytes)).toEqual(codec.fromPartial(ours));
  },
);

/** Every field set to something that is not its default; of a oneof the first. */
function sample(type: Type): Record<string, unknown> {
  const skipped = new Set(type.oneofsArray.flatMap(({ fieldsArray }) => fieldsArray.slice(1)));
  const fields = type.fieldsArray.filter((field) => !skipped.has(field));
  return Object.fromEntries(
    fields.map((field) => {
      const value = valueOf(field.resolve());
      return [field.name, field.repeated ? [value, value] : value];
    }),
  );
}

function valueOf(field: Field): unknown {
  if (field.resolvedType instanceof Type) return sample(field.resolvedType);
  switch (field.type) {
    case 'string':
      return `${field.name}-1`;
    case 'bool':
      return true;
    case 'bytes':
      return Buffer.from('bytes');
    default:
      return 9_007_199_254_740_991;
  }
}

function oneofOf(message: Record<string, unknown>): object {
  const [$case, value] = Object.entries(message)[0]!;
  return { $case, value };
}
