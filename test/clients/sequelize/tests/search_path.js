// The same models where the connection's search_path says where the tables are.
'use strict';

const assert = require('assert');
const { Op } = require('sequelize');
const defineModels = require('../models');

module.exports = (test, app) => {
  const statements = [];
  let models;

  test('without a schema in the models nothing is found', async () => {
    const error = await app.failure(defineModels(app.connect()).User.count());

    assert.strictEqual(error.original.code, '42P01');
  });

  test('create, find, include, arrays, enums, JSONB', async () => {
    const sequelize = app.connect({
      dialectOptions: { options: '-c search_path=multitenant,public' },
      logging: (sql) => statements.push(sql),
    });

    models = defineModels(sequelize);
    const { Tenant, TenantUser, User } = models;
    const tenant = await Tenant.create({ name: 'P', slug: 'path', databaseUrl: 'postgres://path' });
    const user = await User.create({ email: 'path@example.com', status: 'inactive' });

    await tenant.createRole({ name: 'walker' });
    await tenant.addUser(user, { through: { roles: ['walker'] } });
    const found = await Tenant.findOne({ where: { slug: 'path' }, include: ['users', 'roles'] });
    assert.strictEqual(found.users[0].email, 'path@example.com');
    assert.strictEqual(found.users[0].status, 'inactive');
    assert.strictEqual(found.roles[0].name, 'walker');
    assert.strictEqual(
      await TenantUser.count({ where: { roles: { [Op.contains]: ['walker'] } } }), 1);
    await user.update({ 'profile.language': 'de', status: 'active' });
    assert.strictEqual((await User.findOne({ where: { 'profile.language': 'de' } })).id, user.id);
    assert.strictEqual(
      (await app.failure(user.update({ status: 'bogus' }))).original.code, '22P02');

    // it is the table that the other connection sees
    assert.strictEqual((await app.models.User.findByPk(user.id)).email, 'path@example.com');
    assert.ok(statements.length > 0);
    assert.ok(statements.every((sql) => !sql.includes('multitenant')));
  });

  test('findOrCreate, bulkCreate, upsert', async () => {
    const { Permission, User } = models;
    const options = { where: { email: 'path@example.com' }, defaults: { name: 'Path' } };
    const [, created] = await User.findOrCreate(options);
    const [other, otherCreated] = await User.findOrCreate({ where: { email: 'path2@example.com' } });

    assert.deepStrictEqual([created, otherCreated], [false, true]);
    await User.bulkCreate([{ email: 'path3@example.com', status: 'suspended' }]);
    assert.strictEqual(
      (await User.findOne({ where: { email: 'path3@example.com' } })).status, 'suspended');
    assert.strictEqual(other.status, 'active');
    const [permission] = await Permission.upsert({ name: 'p:p', resource: 'p', action: 'p' });
    const [again] = await Permission.upsert({ name: 'p:p', resource: 'p', action: 'q' });
    assert.strictEqual(again.id, permission.id);
  });

  test('paranoid destroy and restore, with and without force', async () => {
    const { SecurityAuditLog, User } = models;
    const user = await User.create({ email: 'path-deleted@example.com' });
    const status = async () => (await User.findByPk(user.id, { paranoid: false })).status;

    await user.destroy();
    assert.strictEqual(await User.findByPk(user.id), null);
    assert.strictEqual(await status(), 'deleted');
    await user.restore();
    assert.strictEqual(await status(), 'active');
    assert.strictEqual(await User.destroy({ where: { id: user.id }, force: true }), 0);
    assert.strictEqual(await status(), 'deleted');
    assert.strictEqual(await SecurityAuditLog.count({ where: { userId: user.id } }), 3);
  });

  test('functions are found without the schema', async () => {
    const [[row]] = await models.User.sequelize.query(
      'SELECT outcome FROM authenticate(:email, :password)',
      { replacements: { email: 'nobody@example.com', password: 'wrong' } });

    assert.strictEqual(row.outcome, 'invalid_credentials');
  });
};
