// The soft delete: Sequelize's paranoid mode, and what a DELETE becomes.
'use strict';

const assert = require('assert');

module.exports = (test, app) => {
  const MINUTE = 60e3;
  const isRecent = (time) => time instanceof Date && Math.abs(Date.now() - time) < MINUTE;

  const audited = async (user) => {
    const rows = await app.models.SecurityAuditLog.findAll({
      where: { userId: user.id }, order: ['createdAt'],
    });

    return rows.map((row) => row.event);
  };
  const stored = (user) => app.models.User.findByPk(user.id, { paranoid: false });

  // A user with everything that a deletion has to end or to leave alone.
  async function newMember() {
    const tenant = await app.newTenant();
    const user = await app.newUser({
      name: 'Member',
      resetToken: 'digest',
      resetTokenExpires: new Date(Date.now() + MINUTE),
      verificationToken: 'digest',
    });
    const token = await app.newToken(await app.newClient({ tenantId: tenant.id }), user);

    await tenant.createRole({ name: 'reader' });
    await tenant.addUser(user, { through: { roles: ['reader'] } });
    await user.createNotification({ message: 'Hello' });
    return { tenant, user, token };
  }

  async function assertDeleted({ tenant, user, token }) {
    const row = await stored(user);

    assert.strictEqual(row.status, 'deleted');
    assert.ok(isRecent(row.deletedAt));
    assert.ok(isRecent(row.statusChangedAt));
    assert.strictEqual(row.deletedBy, null);
    assert.strictEqual(row.statusChangedBy, null);
    for (const name of ['resetToken', 'resetTokenExpires', 'verificationToken']) {
      assert.strictEqual(row[name], null, name);
    }
    assert.strictEqual(row.name, 'Member');

    await token.reload();
    assert.strictEqual(token.revoked, true);
    assert.ok(isRecent(token.revokedAt));
    assert.strictEqual(token.revokedBy, null);

    assert.deepStrictEqual(await audited(user), ['user.deleted']);

    // hidden wherever Sequelize looks for users, and everything that refers to it stays
    assert.strictEqual(await app.models.User.findByPk(user.id), null);
    assert.strictEqual(await app.models.User.count({ where: { id: user.id } }), 0);
    assert.deepStrictEqual(await tenant.getUsers(), []);
    assert.deepStrictEqual(
      (await tenant.getMemberships({ include: ['user'] })).map((each) => [each.roles, each.user]),
      [[['reader'], null]]);
    assert.strictEqual(await row.countNotifications(), 1);
  }

  test('destroy() of an instance marks the user, ends its tokens, and is audited', async () => {
    const member = await newMember();
    const other = await newMember();

    await member.user.destroy();
    await assertDeleted(member);
    assert.ok(member.user.isSoftDeleted());

    const { details, severity } = await app.models.SecurityAuditLog.findOne({
      where: { userId: member.user.id },
    });
    assert.strictEqual(severity, 'medium');
    assert.strictEqual(details.from, 'active');
    assert.strictEqual(details.to, 'deleted');

    // nobody else's
    await other.token.reload();
    assert.strictEqual(other.token.revoked, false);
    assert.strictEqual((await stored(other.user)).status, 'active');
  });

  test('destroy({ where }) does, too, and counts', async () => {
    const member = await newMember();

    assert.strictEqual(await app.models.User.destroy({ where: { id: member.user.id } }), 1);
    await assertDeleted(member);
    assert.strictEqual(await app.models.User.destroy({ where: { id: member.user.id } }), 0);
    assert.deepStrictEqual(await audited(member.user), ['user.deleted']);
  });

  test('destroy({ force: true }) is a soft delete as well, and counts no row', async () => {
    const member = await newMember();
    const other = await newMember();

    await member.user.destroy({ force: true });
    await assertDeleted(member);
    assert.strictEqual(
      await app.models.User.destroy({ where: { id: other.user.id }, force: true }), 0);
    await assertDeleted(other);
  });

  test('who deleted a user is kept when it comes with the deletion', async () => {
    const { User } = app.models;
    const admin = await app.newUser();
    const ways = {
      // destroy() of an instance also saves what was set on it
      destroy: async (user) => {
        Object.assign(user, { deletedBy: admin.id, statusReason: 'spam' });
        await user.destroy();
      },
      update: (user) => User.update(
        { status: 'deleted', deletedBy: admin.id, statusReason: 'spam' },
        { where: { id: user.id } }),
    };

    for (const [name, remove] of Object.entries(ways)) {
      const user = await app.newUser();

      await remove(user);
      const row = await stored(user);
      assert.strictEqual(row.status, 'deleted', name);
      assert.strictEqual(row.deletedBy, admin.id, name);
      assert.strictEqual(row.statusReason, 'spam', name);
    }
  });

  test('a user who was deleted elsewhere is imported with both columns', async () => {
    const { User } = app.models;
    const deletedAt = new Date('2020-02-20T20:20:20Z');
    const email = 'imported@example.com';

    for (const half of [{ status: 'deleted' }, { deletedAt }]) {
      const error = await app.failure(User.bulkCreate([{ email, ...half }]));

      assert.strictEqual(error.original.code, '23514');
      assert.strictEqual(error.original.constraint, 'users_deleted_check');
    }
    const [user] = await User.bulkCreate([{ email, status: 'deleted', deletedAt }]);
    assert.deepStrictEqual((await stored(user)).deletedAt, deletedAt);
    assert.deepStrictEqual(await audited(user), []);
  });

  test('truncate is refused', async () => {
    const user = await app.newUser();
    const error = await app.failure(
      app.models.User.destroy({ truncate: true, cascade: true, force: true }));

    assert.strictEqual(error.original.code, '55000');
    assert.ok(await stored(user));
  });

  test('truncate without force is a soft delete of everybody, as of any paranoid model', async () => {
    const { User } = app.models;
    const user = await app.newUser();
    const transaction = await app.sequelize.transaction();

    await User.destroy({ truncate: true, transaction });
    assert.strictEqual(await User.count({ transaction }), 0);
    assert.ok(await User.count({ paranoid: false, transaction }) > 0);
    await transaction.rollback();
    assert.strictEqual((await stored(user)).status, 'active');
  });

  test('status = deleted hides the user, another status shows it again', async () => {
    const member = await newMember();

    await member.user.update({ status: 'deleted' });
    await assertDeleted(member);
    await member.user.update({ status: 'suspended' });
    assert.strictEqual((await app.models.User.findByPk(member.user.id)).status, 'suspended');
    assert.deepStrictEqual(await audited(member.user), ['user.deleted', 'user.restored']);
  });

  test('restore() makes the user active again, and no token good', async () => {
    const { tenant, user, token } = await newMember();

    await user.destroy();
    await user.restore();
    assert.strictEqual(user.deletedAt, null);
    await user.reload(); // the instance still has the status from before
    assert.strictEqual(user.status, 'active');
    assert.strictEqual(user.deletedBy, null);
    assert.strictEqual((await tenant.getUsers())[0].id, user.id);
    await token.reload();
    assert.strictEqual(token.revoked, true);
    assert.deepStrictEqual(await audited(user), ['user.deleted', 'user.restored']);

    await user.destroy();
    assert.strictEqual(await app.models.User.restore({ where: { id: user.id } }), 1);
    assert.strictEqual((await stored(user)).status, 'active');
  });

  test('a destroy() that is rolled back deletes nobody', async () => {
    const { user, token } = await newMember();
    const error = await app.failure(app.sequelize.transaction(async (transaction) => {
      await user.destroy({ transaction });
      assert.strictEqual(await app.models.User.findByPk(user.id, { transaction }), null);
      throw new Error('changed my mind');
    }));

    assert.strictEqual(error.message, 'changed my mind');
    assert.strictEqual((await stored(user)).status, 'active');
    await token.reload();
    assert.strictEqual(token.revoked, false);
    assert.deepStrictEqual(await audited(user), []);
  });

  test('a status and its reason, as an application sets them', async () => {
    const { user, token } = await newMember();
    const admin = await app.newUser();

    await user.update({ status: 'inactive', deactivationReason: 'on leave', deactivatedBy: admin.id });
    await user.reload();
    assert.ok(isRecent(user.deactivatedAt));
    assert.ok(isRecent(user.statusChangedAt));
    assert.strictEqual(user.deactivatedBy, admin.id);
    assert.strictEqual(user.deletedAt, null);
    await token.reload();
    assert.strictEqual(token.revoked, true);
    assert.deepStrictEqual(await audited(user), ['user.status_changed']);

    await user.update({ status: 'active' });
    await user.reload();
    assert.strictEqual(user.deactivatedAt, null);
    assert.strictEqual(user.deactivationReason, null);
  });
};
