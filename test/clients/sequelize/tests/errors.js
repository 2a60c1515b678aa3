// What the database refuses, as Sequelize's errors.
'use strict';

const assert = require('assert');

module.exports = (test, app) => {
  const refused = async (promise, name, code) => {
    const error = await app.failure(promise);

    assert.strictEqual(error.name, name, error.stack);
    assert.strictEqual(error.original.code, code);
    return error;
  };
  const refusedAsDuplicate = (promise) =>
    refused(promise, 'SequelizeUniqueConstraintError', '23505');
  const refusedAsUnknown = (promise) =>
    refused(promise, 'SequelizeForeignKeyConstraintError', '23503');

  test('a mailbox that is taken', async () => {
    const { User } = app.models;
    const ann = await app.newUser({ email: 'Ann@example.com', googleId: 'g-1' });
    const bob = await app.newUser();
    const exact = await refusedAsDuplicate(User.create({ email: 'Ann@example.com' }));

    assert.deepStrictEqual(exact.fields, { email: 'Ann@example.com' });
    assert.strictEqual(exact.errors[0].path, 'email');

    // in another case it is an index over lower(email) that says so
    const otherCase = await refusedAsDuplicate(User.create({ email: 'ANN@EXAMPLE.COM' }));
    assert.deepStrictEqual(Object.values(otherCase.fields), ['ann@example.com']);
    assert.strictEqual(otherCase.original.constraint, 'users_email_lower_idx');

    await refusedAsDuplicate(bob.update({ email: 'ann@example.com' }));
    await refusedAsDuplicate(User.bulkCreate([
      { email: 'new@example.com' }, { email: 'ann@EXAMPLE.com' },
    ]));
    assert.strictEqual(await User.count({ where: { email: 'new@example.com' } }), 0);
    await assert.rejects(
      User.findOrCreate({ where: { email: 'aNN@example.com' } }),
      { name: 'SequelizeUniqueConstraintError' });
    assert.deepStrictEqual(
      (await refusedAsDuplicate(bob.update({ googleId: 'g-1' }))).fields, { googleId: 'g-1' });

    // a deleted user keeps it
    await ann.destroy();
    await refusedAsDuplicate(User.create({ email: 'Ann@example.com' }));
  });

  test('a second membership, a second role of the same name', async () => {
    const { Role, TenantUser } = app.models;
    const user = await app.newUser();
    const tenant = await app.newTenant();
    const membership = { userId: user.id, tenantId: tenant.id };

    await TenantUser.create(membership);
    const error = await refusedAsDuplicate(TenantUser.create(membership));
    assert.deepStrictEqual(error.fields, membership);

    await tenant.createRole({ name: 'same' });
    await refusedAsDuplicate(tenant.createRole({ name: 'same' }));
    await (await app.newTenant()).createRole({ name: 'same' });
    assert.strictEqual(await Role.count({ where: { name: 'same' } }), 2);
  });

  test('a user, a tenant that is not there', async () => {
    const { Notification, TenantUser } = app.models;
    const user = await app.newUser();
    const nobody = '00000000-0000-4000-8000-000000000000';
    const error = await refusedAsUnknown(
      TenantUser.create({ userId: user.id, tenantId: nobody }));

    assert.strictEqual(error.index, 'TenantUsers_tenantId_fkey');
    assert.strictEqual(error.table, 'TenantUsers');
    await refusedAsUnknown(Notification.create({ userId: nobody, message: 'Hello' }));
    await refusedAsUnknown(user.update({ deletedBy: nobody }));
  });

  test('a role name that is no role of the tenant', async () => {
    const { TenantUser } = app.models;
    const tenant = await app.newTenant();
    const other = await app.newTenant();
    const users = [await app.newUser(), await app.newUser()];
    const membership = { userId: users[0].id, tenantId: tenant.id };

    await tenant.createRole({ name: 'here' });
    await other.createRole({ name: 'elsewhere' });
    const error = await refusedAsUnknown(
      TenantUser.create({ ...membership, roles: ['here', 'nowhere'] }));
    assert.match(error.message, /"nowhere"/);
    await refusedAsUnknown(TenantUser.create({ ...membership, roles: ['elsewhere'] }));
    await refusedAsUnknown(TenantUser.bulkCreate([
      { ...membership, roles: ['here'] },
      { ...membership, userId: users[1].id, roles: ['Here'] },
    ]));
    await refusedAsUnknown(tenant.addUsers(users, { through: { roles: ['nowhere'] } }));
    assert.strictEqual(await tenant.countUsers(), 0);

    const member = await TenantUser.create({ ...membership, roles: ['here'] });
    await refusedAsUnknown(member.update({ roles: ['here', 'elsewhere'] }));
    await refusedAsUnknown(
      TenantUser.update({ roles: ['nowhere'] }, { where: { tenantId: tenant.id } }));
    await refusedAsUnknown(member.update({ tenantId: other.id }));
    await member.reload();
    assert.deepStrictEqual([member.tenantId, member.roles], [tenant.id, ['here']]);
  });

  test('what is missing, NULL or out of bounds', async () => {
    const { User } = app.models;
    const user = await app.newUser();
    const notNull = await app.failure(User.create({ name: 'No mailbox' }));

    assert.strictEqual(notNull.name, 'SequelizeValidationError');
    // NULL is no state: flags, counters and arrays have their empty values instead
    for (const name of ['status', 'loginCount', 'emailVerified', 'twoFactorBackupCodes']) {
      await refused(user.update({ [name]: null }), 'SequelizeDatabaseError', '23502');
      await user.reload();
    }
    await refused(user.update({ loginCount: -1 }), 'SequelizeDatabaseError', '23514');
    await refused(app.newTenant({ slug: 'No Slug' }), 'SequelizeDatabaseError', '23514');
    await refused(User.findByPk('no-uuid'), 'SequelizeDatabaseError', '22P02');
  });
};
