// Endpoints that want signatures: what the AWS SDKs sign is taken, everything else is refused in the service's words.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { SignatureV4 } from '@smithy/signature-v4';
import { dynatab, TABLE } from './lib.mjs';

const KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const SESSION = { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'other', sessionToken: 'token/of+a=session' };

/** What the SDK's signer needs of a hash. */
class Sha256 {
  constructor(secret) {
    this.hash = secret ? createHmac('sha256', secret) : createHash('sha256');
  }
  update(data) {
    this.hash.update(data);
  }
  async digest() {
    return new Uint8Array(this.hash.digest());
  }
}

/** Signs as the SDKs do, at `date`. */
async function signed(
  url,
  { key = KEY, body = '{}', headers = {}, date = new Date(), service = 'dynamodb', ...more },
) {
  const { host, hostname, port } = new URL(url);
  const signer = new SignatureV4({ credentials: key, region: 'eu-central-1', service, sha256: Sha256 });
  const request = {
    method: 'POST',
    protocol: 'http:',
    hostname,
    port: Number(port),
    path: '/',
    query: {},
    headers: {
      host,
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.ListTables',
      ...headers,
    },
    body,
    ...more,
  };
  return signer.sign(request, { signingDate: date });
}

const doors = {
  serve: async (db, accessKeys) => {
    const served = await dynatab.serve({ db, port: 0, accessKeys });
    return {
      url: served.url,
      send: ({ method, headers, body, path = '/' }) =>
        fetch(`${served.url}${path}`, { method, headers, body: method === 'GET' ? undefined : body }),
      close: () => served.close(),
    };
  },
  'db.fetch': async (db, accessKeys) => ({
    url: 'https://tables.example',
    send: ({ method, headers, body, path = '/' }) =>
      db.fetch(
        new Request(`https://tables.example${path}`, {
          method,
          headers,
          body: method === 'GET' ? undefined : body,
        }),
        { accessKeys },
      ),
    close: async () => undefined,
  }),
};

for (const [name, start] of Object.entries(doors)) {
  describe(`signatures at ${name}`, () => {
    let db;
    let door;

    before(async () => {
      db = await dynatab.open({ name: `signed-${name}`, storage: 'memory', tables: [TABLE] });
      door = await start(db, [KEY, SESSION]);
    });
    after(async () => {
      await door.close();
      await db.close();
    });

    const said = async (request) => {
      const response = await door.send(request);
      const text = await response.text();
      const { __type, message = '' } = text.startsWith('{') ? JSON.parse(text) : {};
      return `${response.status} ${__type?.replace(/^.*#/, '') ?? text} ${message}`.trim();
    };
    const WRONG = /^400 InvalidSignatureException The request signature we calculated does not match/;

    test('what is signed is answered', async () => {
      for (const key of [KEY, SESSION]) {
        const response = await door.send(await signed(door.url, { key }));
        assert.equal(response.status, 200);
        assert.deepEqual(await response.json(), { TableNames: [TABLE.TableName] });
      }
    });

    test('what is signed with another secret, or changed since, is refused', async () => {
      assert.match(await said(await signed(door.url, { key: { ...KEY, secretAccessKey: 'guess' } })), WRONG);
      const right = await signed(door.url, {});
      assert.match(await said({ ...right, body: '{ }' }), WRONG);
      const target = 'DynamoDB_20120810.DescribeLimits';
      assert.match(await said({ ...right, headers: { ...right.headers, 'x-amz-target': target } }), WRONG);
      const loose = right.headers.authorization.replace(';x-amz-target', '');
      assert.match(await said({ ...right, headers: { ...right.headers, authorization: loose } }), WRONG);
    });

    test('unknown keys, and sessions without their token, are refused', async () => {
      const unknown =
        '400 UnrecognizedClientException The security token included in the request is invalid.';
      assert.equal(await said(await signed(door.url, { key: { ...KEY, accessKeyId: 'nobody' } })), unknown);
      const { sessionToken: _, ...key } = SESSION;
      assert.equal(await said(await signed(door.url, { key })), unknown);
    });

    test('a key whose secret is not set is an error, and no key that everybody knows', async () => {
      for (const secretAccessKey of [undefined, '']) {
        const unset = await start(db, [KEY, { accessKeyId: 'AKIDUNSET', secretAccessKey }]);
        try {
          // What a caller signs with who guesses that it is not set.
          const guess = { accessKeyId: 'AKIDUNSET', secretAccessKey: String(secretAccessKey ?? 'undefined') };
          const request = await signed(unset.url, { key: guess });
          const answer = await unset.send(request).then(
            async (response) => `${response.status} ${await response.text()}`,
            (error) => String(error),
          );
          const text = /TypeError: accessKeys: a key lacks its accessKeyId or its secretAccessKey/;
          assert.match(answer, text);
          assert.doesNotMatch(answer, /^200/);
        } finally {
          await unset.close();
        }
      }
    });

    test('a signature is for its service and its time', async () => {
      assert.equal(
        await said(await signed(door.url, { service: 's3' })),
        "400 InvalidSignatureException Credential should be scoped to correct service: 'dynamodb'.",
      );
      const minutes = (count) => new Date(Date.now() + count * 60_000);
      assert.match(
        await said(await signed(door.url, { date: minutes(-6) })),
        /^400 InvalidSignatureException Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/,
      );
      assert.match(
        await said(await signed(door.url, { date: minutes(6) })),
        /^400 InvalidSignatureException Signature not yet current: .* is still later than .* \+ 5 min\.\)$/,
      );
      for (const near of [-4, 4]) {
        assert.match(await said(await signed(door.url, { date: minutes(near) })), /^200/);
      }
    });

    test('what has no signature, or a part of one, is refused by what it lacks', async () => {
      const { headers, ...request } = await signed(door.url, {});
      const { authorization, ...others } = headers;
      assert.equal(
        await said({ ...request, headers: others }),
        '400 MissingAuthenticationTokenException Request is missing Authentication Token',
      );
      const { 'x-amz-date': _, ...undated } = others;
      const half = 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/dynamodb/aws4_request';
      assert.equal(
        await said({ ...request, headers: { ...undated, authorization: half } }),
        "400 IncompleteSignatureException Authorization header requires 'Signature' parameter. " +
          "Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of " +
          `either a 'X-Amz-Date' or a 'Date' header. Authorization=${half}`,
      );
      assert.match(
        await said({ ...request, headers: { ...others, authorization: 'Bearer token' } }),
        /^400 IncompleteSignatureException .*Authorization=Bearer token$/,
      );
      assert.match(
        await said({ ...request, headers, path: '/?X-Amz-Algorithm=AWS4-HMAC-SHA256' }),
        /^400 InvalidSignatureException Found both 'X-Amz-Algorithm' as a query-string param/,
      );
      assert.notEqual(authorization, undefined);
    });

    test('the service says first that it cannot read a request', async () => {
      const { headers, ...request } = await signed(door.url, {});
      const { authorization: _, ...open } = headers;
      const target = 'DynamoDB_20120810.Nothing';
      assert.equal(
        await said({ ...request, headers: { ...open, 'x-amz-target': target } }),
        '400 UnknownOperationException',
      );
      assert.equal(await said({ ...request, headers: open, body: '{' }), '400 SerializationException');
      assert.match(await said({ method: 'GET', headers: {} }), /^200 healthy/);
    });

    test('nothing runs that is not signed', async () => {
      const body = JSON.stringify({ TableName: TABLE.TableName });
      const { headers, ...request } = await signed(door.url, {
        body,
        headers: { 'x-amz-target': 'DynamoDB_20120810.DeleteTable' },
      });
      const { authorization: _, ...open } = headers;
      for (const type of ['application/x-amz-json-1.0', 'APPLICATION/X-AMZ-JSON-1.0 ; a=b']) {
        await said({ ...request, headers: { ...open, 'content-type': type } });
      }
      const { TableNames } = await db.client().listTables({});
      assert.deepEqual(TableNames, [TABLE.TableName]);
    });

    test('a packed body is signed as it is sent', async () => {
      const body = gzipSync(JSON.stringify({ TableName: TABLE.TableName }));
      const headers = { 'content-encoding': 'gzip', 'x-amz-target': 'DynamoDB_20120810.DescribeTable' };
      const response = await door.send(await signed(door.url, { body, headers }));
      assert.equal((await response.json()).Table?.TableName, TABLE.TableName);
      const broken = await signed(door.url, { body: body.subarray(0, 20), headers });
      assert.equal(await said(broken), '400 SerializationException');
    });
  });
}

describe('clients at an endpoint that wants signatures', () => {
  let db;
  let served;

  before(async () => {
    db = await dynatab.open({ name: 'signed-clients', storage: 'memory' });
    served = await dynatab.serve({ db, port: 0, accessKeys: [KEY, SESSION] });
  });
  after(async () => {
    await served.close();
    await db.close();
  });

  test('the AWS SDK', async () => {
    const client = (credentials) =>
      new DynamoDB({ region: 'us-east-1', endpoint: served.url, credentials, maxAttempts: 1 });
    const [right, session, wrong] = [KEY, SESSION, { ...KEY, secretAccessKey: 'guess' }].map(client);
    await right.createTable(TABLE);
    const Item = { pk: { S: 'ü' }, sk: { N: '1' }, text: { S: 'a b  c +/&=' } };
    await session.putItem({ TableName: TABLE.TableName, Item });
    assert.equal((await right.scan({ TableName: TABLE.TableName })).Count, 1);
    await assert.rejects(wrong.listTables({}), { name: 'InvalidSignatureException' });
    await right.deleteTable({ TableName: TABLE.TableName });
    for (const one of [right, session, wrong]) one.destroy();
  });

  const boto3 = spawnSync('python3', ['-c', 'import boto3']).status === 0;
  test('boto3', { skip: boto3 ? false : 'Python has no boto3: pip install boto3' }, async () => {
    const script = fileURLToPath(new URL('./boto3_test.py', import.meta.url));
    const child = spawn('python3', [script, served.url], {
      env: { ...process.env, AWS_ACCESS_KEY_ID: KEY.accessKeyId, AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
    const code = await new Promise((resolve) => child.on('close', resolve));
    assert.equal(code, 0, said);
    assert.match(said, /^ok \d+ checks$/m);
  });
});
