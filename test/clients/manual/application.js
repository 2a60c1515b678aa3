// The application that the blocks of the manual are taken from: its database, and what it has
// around them.
'use strict';

const fs = require('fs');
const path = require('path');
const { Client, Pool } = require('pg');
const { Sequelize } = require('sequelize');

const ROOT = path.join(__dirname, '../../..');
const NAME = `manual_${process.pid}`; // of the database and the role
const PASSWORD = 'correct horse battery';

const admin = new Client({ database: 'postgres' });
const superuser = new Client({ database: NAME });
// One client: who keeps it stops the next block, and what stays in it is seen there.
const pool = new Pool({ database: NAME, user: NAME, max: 1, connectionTimeoutMillis: 10000 });
const opened = [];

// The code of each block: 'sign-in.md 2' is the second of that page.
const blocks = {};
const doc = fs.readdirSync(path.join(ROOT, 'doc')).filter((name) => name.endsWith('.md')).sort();
for (const page of ['README.md', ...doc.map((name) => `doc/${name}`)]) {
  const text = fs.readFileSync(path.join(ROOT, page), 'utf8');
  const fences = /^ *```(?:js|javascript|[cm]js|jsx|ts|typescript|node)\b.*\n([^]*?)^ *```$/gim;

  for (const [i, [, code]] of [...text.matchAll(fences)].entries()) {
    blocks[`${path.basename(page)} ${i + 1}`] = code;
  }
}

// Runs a block with what it takes from its application: names that belong to the test, and
// those that all share. Resolves to an expression in the block's own names.
function run(key, names, result) {
  return new Function('common', 'names', `with (common) with (names) return (async () => {
    'use strict';
    ${blocks[key]}
    return (${result});
  })();`)({ pool, password: PASSWORD, ip: '192.0.2.1', agent: 'Firefox' }, names);
}

class LocalSequelize extends Sequelize {
  constructor(database, user, password, options) {
    const { PGHOST: host, PGPORT: port } = process.env;

    super(database, user, password, { host, port, logging: false, ...options });
    opened.push(this);
  }
}
const connection = { Sequelize: LocalSequelize, database: NAME, user: NAME };

const query = async (client, text, ...values) => (await client.query(text, values)).rows[0];
const sql = (...args) => query(superuser, ...args);
const call = (...args) => query(pool, ...args);

async function newUser(email) {
  return (await sql('SELECT multitenant.register_user($1, $2) AS id', email, PASSWORD)).id;
}

async function newMember(email, tenant) {
  const id = await newUser(email);

  await sql('SELECT multitenant.add_member($1, $2)', id, tenant);
  return id;
}

async function newTenant(slug) {
  const owner = await newUser(`owner@${slug}.example`);

  return (await sql('SELECT multitenant.create_tenant($1, $1, $1, $2) AS id', slug, owner)).id;
}

// A connection that listens; closed at the end.
async function newListener() {
  const client = new Client({ database: NAME, user: NAME });

  opened.push({ close: () => client.end() });
  await client.connect();
  return client;
}

// What the phone shows that has scanned this.
async function phone(uri) {
  const secret = new URL(uri).searchParams.get('secret');

  return (await sql('SELECT multitenant.totp_code($1) AS code', secret)).code;
}

// Goes through the enrolment of two-factor.md; then it is as if that code were long ago.
async function enrol(userId) {
  const names = {
    userId,
    pool: {
      async query(...args) {
        const result = await pool.query(...args);
        if (result.rows[0].uri) names.code = await phone(result.rows[0].uri);
        return result;
      },
    },
  };
  const enrolled = await run('two-factor.md 1', names, '{ uri, svg, outcome, backup_codes }');

  await sql('UPDATE multitenant."Users" SET "twoFactorLastUsedStep" = NULL WHERE id = $1', userId);
  return enrolled;
}

// Two tenants with a row each in tables that are guarded, and the rights that the pages name.
async function setUp() {
  await admin.connect();
  await admin.query(`CREATE ROLE ${NAME} LOGIN`);
  await admin.query(`CREATE DATABASE ${NAME}`);
  await superuser.connect();
  await sql('CREATE EXTENSION multitenant CASCADE');
  await sql("SELECT multitenant.grant_access($1, 'service')", NAME);
  await sql(`GRANT SELECT (id, email, "twoFactorEnabled") ON multitenant."Users" TO ${NAME}`);
  const acme = await newTenant('acme');
  const other = await newTenant('other');
  for (const table of ['invoice', 'invoices']) {
    await sql(`CREATE TABLE ${table} (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), amount numeric,
      "tenantId" uuid NOT NULL DEFAULT multitenant.current_tenant_id())`);
    await sql(`CREATE INDEX ON ${table} ("tenantId")`);
    await sql('SELECT multitenant.protect_table($1)', table);
    await sql(`INSERT INTO ${table} (amount, "tenantId") VALUES (10, $1), (99, $2)`, acme, other);
    await sql(`GRANT SELECT, INSERT ON ${table} TO ${NAME}`);
  }
  return { acme, other };
}

async function tearDown() {
  await Promise.all([pool.end(), superuser.end(), ...opened.map((each) => each.close())]);
  await admin.query(`DROP DATABASE IF EXISTS ${NAME}`);
  await admin.query(`DROP ROLE IF EXISTS ${NAME}`);
  await admin.end();
}

module.exports = {
  blocks, run, setUp, tearDown, pool, query, sql, call,
  NAME, PASSWORD, connection, newUser, newMember, newTenant, newListener, enrol, phone,
};
