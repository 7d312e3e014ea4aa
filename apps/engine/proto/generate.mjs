// Writes src/admin/generated from the .proto files: `npx nx run engine:generate`, after every change of one.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUF = '@bufbuild/buf@1.75.0';
const TS_PROTO = 'ts-proto@2.18.0';
const proto = dirname(fileURLToPath(import.meta.url));
const generated = join(proto, '..', 'src', 'admin', 'generated');
const work = mkdtempSync(join(tmpdir(), 'supernoba-proto-'));

function buf(...args) {
  const packages = [`--package=${BUF}`, `--package=${TS_PROTO}`];
  execFileSync('npx', ['--yes', ...packages, '--', 'buf', ...args], { stdio: ['ignore', 2, 2] });
}

try {
  rmSync(generated, { recursive: true, force: true });
  mkdirSync(generated, { recursive: true });
  const plugin = {
    local: 'protoc-gen-ts_proto',
    out: generated,
    opt: 'outputServices=nice-grpc,outputServices=generic-definitions,useExactTypes=false,esModuleInterop=true,importSuffix=.js,env=node,forceLong=number,oneof=unions-value,outputJsonMethods=false,outputPartialMethods=true,useDate=false',
  };
  writeFileSync(join(work, 'buf.gen.yaml'), JSON.stringify({ version: 'v2', plugins: [plugin] }));
  buf('generate', proto, '--template', join(work, 'buf.gen.yaml'));
  buf('build', proto, '--exclude-source-info', '-o', join(work, 'descriptors.binpb'));
  const base64 = readFileSync(join(work, 'descriptors.binpb')).toString('base64');
  const text = `/** Descriptors of the .proto files, for server reflection: a FileDescriptorSet in base64. */\nexport const DESCRIPTOR_SET =\n  '${base64}';\n`;
  writeFileSync(join(generated, 'descriptor-set.ts'), text);
} finally {
  rmSync(work, { recursive: true });
}
