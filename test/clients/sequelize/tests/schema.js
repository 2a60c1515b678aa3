// The models, the document and the tables agree.
'use strict';

const assert = require('assert');
const document = require('../document');

// The document's types as the models write them, and as the catalog names them.
const MODEL_TYPES = {
  UUID: 'UUID',
  VARCHAR: 'STRING',
  TEXT: 'TEXT',
  BOOLEAN: 'BOOLEAN',
  INTEGER: 'INTEGER',
  TIMESTAMP: 'DATE',
  JSONB: 'JSONB',
  BYTEA: 'BLOB',
  ENUM: 'ENUM',
  'VARCHAR[]': 'ARRAY',
};
const TABLE_TYPES = {
  UUID: 'UUID',
  VARCHAR: 'CHARACTER VARYING',
  TEXT: 'TEXT',
  BOOLEAN: 'BOOLEAN',
  INTEGER: 'INTEGER',
  TIMESTAMP: 'TIMESTAMP WITH TIME ZONE',
  JSONB: 'JSONB',
  BYTEA: 'BYTEA',
  ENUM: 'USER-DEFINED',
  'VARCHAR[]': 'ARRAY',
};

module.exports = (test, app) => {
  const everyModel = () => Object.values(app.models);

  test('the models are the 14 tables of the document, column by column', () => {
    assert.deepStrictEqual(
      everyModel().map((model) => model.getTableName().tableName).sort(),
      Object.keys(document).sort());
    assert.strictEqual(everyModel().length, 14);
    for (const model of everyModel()) {
      const columns = document[model.getTableName().tableName];

      assert.deepStrictEqual(
        Object.keys(model.rawAttributes).sort(), Object.keys(columns).sort(), model.name);
      for (const [name, column] of Object.entries(columns)) {
        const attribute = model.rawAttributes[name];
        const where = `${model.name}.${name}`;

        assert.strictEqual(attribute.type.key, MODEL_TYPES[column.type], where);
        assert.deepStrictEqual(attribute.type.values || null, column.values, where);
        assert.strictEqual(attribute.allowNull === false, column.required, where);
        if (column.unique) {
          assert.ok(attribute.unique, where);
        }
      }
    }
  });

  test('describeTable finds every column of every model, of its type', async () => {
    for (const model of everyModel()) {
      const found = await model.describe();
      const columns = document[model.getTableName().tableName];

      for (const [name, column] of Object.entries(columns)) {
        const where = `${model.name}.${name}`;
        const isCounter = where === 'Authenticator.counter';

        assert.ok(found[name], where);
        assert.strictEqual(
          found[name].type, isCounter ? 'BIGINT' : TABLE_TYPES[column.type], where);
        assert.deepStrictEqual(found[name].special, column.values || [], where);
        assert.strictEqual(found[name].primaryKey, name === 'id', where);
        // A column that must have a value where the document lets it be NULL has a default,
        // so that a model which never mentions it works.
        if (!found[name].allowNull && !column.required) {
          assert.notStrictEqual(found[name].defaultValue, null, where);
        }
      }
    }
  });

  test('Sequelize finds its enum types and has nothing to create or add', async () => {
    const queryInterface = app.sequelize.getQueryInterface();
    const found = {};

    for (const model of everyModel()) {
      const table = model.getTableName();
      const statements = [];

      await queryInterface.ensureEnums(table, model.tableAttributes, {
        logging: (sql) => statements.push(sql),
      }, model);
      for (const sql of statements) {
        assert.match(sql, /^Executing \(default\): SELECT /);
      }
      for (const [name, attribute] of Object.entries(model.rawAttributes)) {
        if (attribute.type.key === 'ENUM') {
          const sql = queryInterface.queryGenerator.pgListEnums(table, name);
          const [[type]] = await app.sequelize.query(sql);

          found[type.enum_name] = queryInterface.queryGenerator.fromArray(type.enum_value);
        }
      }
    }
    assert.deepStrictEqual(found, {
      enum_Users_status: document.Users.status.values,
      enum_Tenants_status: document.Tenants.status.values,
      enum_Tenants_onboardingStatus: document.Tenants.onboardingStatus.values,
      enum_LoginHistories_status: document.LoginHistories.status.values,
      enum_SecurityAuditLogs_severity: document.SecurityAuditLogs.severity.values,
      enum_Invitations_status: document.Invitations.status.values,
    });
  });

  test('sync() finds every table and index and changes nothing', async () => {
    const statements = [];

    await app.sequelize.sync({ logging: (sql) => statements.push(sql) });
    assert.ok(statements.length >= everyModel().length);
    for (const sql of statements) {
      assert.match(sql, /^Executing \(default\): SELECT /);
    }
  });

  test('sync() that alters or drops is refused to a role that may only use the tables', async () => {
    for (const model of everyModel()) {
      for (const options of [{ alter: true }, { force: true }]) {
        const error = await app.failure(model.sync(options));

        assert.strictEqual(error.original.code, '42501', model.name);
      }
      await model.count();
    }
  });
};
