// Reading and writing rows, associations, transactions.
'use strict';

const assert = require('assert');
const { Op } = require('sequelize');

const plain = (row) => row.get({ plain: true });

module.exports = (test, app) => {
  test('create() returns the row as it is stored', async () => {
    const rows = [];
    const user = await app.newUser({ name: 'Ann', preferences: { theme: 'dark' } });
    const tenant = await app.newTenant();
    const role = await app.models.Role.create({ name: 'editor', tenantId: tenant.id });
    const permission = await app.models.Permission.create({
      name: 'page:read', resource: 'page', action: 'read',
    });
    const client = await app.newClient({ tenantId: tenant.id, grants: ['authorization_code'] });

    rows.push(user, tenant, role, permission, client);
    rows.push(await app.models.TenantUser.create({
      userId: user.id, tenantId: tenant.id, roles: ['editor'],
    }));
    rows.push(await app.models.RolePermission.create({
      roleId: role.id, permissionId: permission.id,
    }));
    rows.push(await app.newToken(client, user));
    rows.push(await app.models.Authenticator.create({
      userId: user.id, credentialID: Buffer.from('id'), credentialPublicKey: Buffer.from('key'),
    }));
    rows.push(await app.models.LoginHistory.create({ userId: user.id, status: 'success' }));
    rows.push(await app.models.SecurityAuditLog.create({ userId: user.id, event: 'test' }));
    rows.push(await app.models.ActivityLog.create({ userId: user.id, action: 'test' }));
    rows.push(await app.models.Notification.create({ userId: user.id, message: 'Hello' }));
    rows.push(await app.models.Invitation.create({
      email: 'guest@example.com', token: 'token', expiresAt: new Date(Date.now() + 3600e3),
      tenantId: tenant.id, invitedById: user.id,
    }));
    assert.deepStrictEqual(
      rows.map((row) => row.constructor.name).sort(), Object.keys(app.models).sort());
    for (const row of rows) {
      const attributes = Object.keys(row.constructor.rawAttributes);
      const stored = await row.constructor.findByPk(row.id);

      // what was never mentioned came back from the database, too
      assert.deepStrictEqual(Object.keys(plain(row)).sort(), attributes.sort());
      assert.deepStrictEqual(plain(stored), plain(row));
    }
  });

  test('find by attributes, order, limit, count', async () => {
    for (const name of ['Carol', 'Alice', 'Bob']) {
      await app.newUser({ name, avatar: 'finder' });
    }
    const where = { avatar: 'finder' };
    const found = await app.models.User.findAll({ where, order: [['name', 'DESC']], limit: 2 });

    assert.deepStrictEqual(found.map((user) => user.name), ['Carol', 'Bob']);
    assert.strictEqual(await app.models.User.count({ where }), 3);
    const { count, rows } = await app.models.User.findAndCountAll({
      where: { ...where, name: { [Op.iLike]: 'A%' } },
    });
    assert.strictEqual(count, 1);
    assert.strictEqual(rows[0].name, 'Alice');
    assert.strictEqual(await app.models.User.findOne({ where: { name: 'Nobody' } }), null);
  });

  test('update of an instance, of many rows, with the rows returned', async () => {
    const user = await app.newUser({ avatar: 'updated' });

    await user.update({ name: 'New', emailVerified: true, lastActivity: new Date(0) });
    await app.newUser({ avatar: 'updated' });
    await user.reload();
    assert.strictEqual(user.name, 'New');
    assert.strictEqual(user.emailVerified, true);
    assert.strictEqual(user.lastActivity.getTime(), 0);

    const [count, rows] = await app.models.User.update(
      { name: 'Both' }, { where: { avatar: 'updated' }, returning: true });
    assert.strictEqual(count, 2);
    assert.deepStrictEqual(rows.map((row) => row.name), ['Both', 'Both']);
    assert.deepStrictEqual(
      await app.models.User.update({ name: 'x' }, { where: { avatar: 'nobody' } }), [0]);
  });

  test('bulkCreate(), leaving out or updating what is there', async () => {
    const { Notification, Permission } = app.models;
    const user = await app.newUser();
    const made = await Notification.bulkCreate(
      ['one', 'two', 'three'].map((message) => ({ userId: user.id, message })));
    const names = async (where) =>
      (await Permission.findAll({ where, order: ['name'] })).map((row) => row.description);
    const rows = (...descriptions) => descriptions.map((description, i) => ({
      name: `bulk:${i}`, resource: 'bulk', action: String(i), description,
    }));

    assert.ok(made.every((row) => row.id && row.read === false));
    assert.strictEqual(await Notification.count({ where: { userId: user.id } }), 3);

    await Permission.bulkCreate(rows('old'));
    await Permission.bulkCreate(rows('new', 'second'), { ignoreDuplicates: true });
    assert.deepStrictEqual(await names({ resource: 'bulk' }), ['old', 'second']);
    await Permission.bulkCreate(rows('newer', 'newer', 'third'), {
      updateOnDuplicate: ['description'], conflictAttributes: ['name'],
    });
    assert.deepStrictEqual(await names({ resource: 'bulk' }), ['newer', 'newer', 'third']);
  });

  test('findOrCreate() makes one row, also four at once', async () => {
    const attempt = () => app.models.User.findOrCreate({
      where: { email: 'once@example.com' }, defaults: { name: 'Once' },
    });
    const results = await Promise.all([attempt(), attempt(), attempt(), attempt()]);

    assert.strictEqual(results.filter(([, created]) => created).length, 1);
    assert.strictEqual(new Set(results.map(([user]) => user.id)).size, 1);
    assert.strictEqual(results[0][0].profile.language, 'en');
    const [, createdAgain] = await attempt();
    assert.strictEqual(createdAgain, false);
    assert.strictEqual(await app.models.User.count({ where: { email: 'once@example.com' } }), 1);
  });

  test('upsert() by a unique column and by id', async () => {
    const { Permission, User } = app.models;
    const values = { name: 'file:open', resource: 'file', action: 'open' };
    const [first] = await Permission.upsert({ ...values, description: 'first' });
    const [second] = await Permission.upsert({ ...values, description: 'second' });

    assert.strictEqual(second.id, first.id);
    assert.strictEqual(second.description, 'second');
    assert.strictEqual(await Permission.count({ where: { name: 'file:open' } }), 1);

    const user = await app.newUser({ name: 'Before', loginCount: 7 });
    const [changed] = await User.upsert({ id: user.id, email: user.email, name: 'After' });
    assert.strictEqual(changed.name, 'After');
    await user.reload();
    assert.strictEqual(user.name, 'After');
    assert.strictEqual(user.loginCount, 7);
  });

  test('increment() and decrement()', async () => {
    const user = await app.newUser();

    await Promise.all([user.increment('loginCount'), user.increment({ loginCount: 4 })]);
    await user.decrement('loginCount', { by: 2 });
    await user.reload();
    assert.strictEqual(user.loginCount, 3);
    await app.models.User.increment('failedLoginAttempts', { by: 2, where: { id: user.id } });
    await user.reload();
    assert.strictEqual(user.failedLoginAttempts, 2);
  });

  test('a transaction that fails leaves nothing, one that succeeds everything', async () => {
    const { TenantUser, User } = app.models;
    const fill = async (email, end) => app.sequelize.transaction(async (transaction) => {
      const tenant = await app.newTenant({}, { transaction });
      const user = await app.newUser({ email }, { transaction });

      await tenant.createRole({ name: 'reader' }, { transaction });
      await tenant.addUser(user, { through: { roles: ['reader'] }, transaction });
      return end(transaction);
    });
    const members = (email) => TenantUser.count({ include: { association: 'user', where: { email } } });
    const error = await app.failure(fill('rolled-back@example.com', () => {
      throw new Error('changed my mind');
    }));

    assert.strictEqual(error.message, 'changed my mind');
    assert.strictEqual(await User.count({ where: { email: 'rolled-back@example.com' } }), 0);

    // an error inside a savepoint ends the savepoint alone
    await fill('kept@example.com', async (transaction) => {
      const duplicate = await app.failure(app.sequelize.transaction({ transaction }, (savepoint) =>
        app.newUser({ email: 'kept@example.com' }, { transaction: savepoint })));

      assert.strictEqual(duplicate.name, 'SequelizeUniqueConstraintError');
    });
    assert.strictEqual(await members('kept@example.com'), 1);
    assert.strictEqual(await members('rolled-back@example.com'), 0);
  });

  test('includes follow every association', async () => {
    const { Permission, Tenant, User } = app.models;
    const tenant = await app.newTenant({ name: 'Included' });
    const user = await app.newUser({ name: 'Member' });
    const other = await app.newUser({ name: 'Other' });
    const role = await tenant.createRole({ name: 'writer' });
    const permission = await Permission.create({ name: 'a:b', resource: 'a', action: 'b' });
    const client = await app.newClient({ tenantId: tenant.id });

    await tenant.createRole({ name: 'idle' });
    await role.addPermission(permission);
    await tenant.addUser(user, { through: { roles: ['writer'] } });
    await tenant.addUser(other);
    const token = await app.newToken(client, user);
    await tenant.createInvitation({
      email: 'new@example.com', token: 'x', expiresAt: new Date(), invitedById: user.id,
    });
    await user.createAuthenticator({
      credentialID: Buffer.from('included'), credentialPublicKey: Buffer.from('key'),
    });
    await user.createLoginHistory({ status: 'failed', failureReason: 'test' });
    await user.createActivityLog({ action: 'read' });
    await user.createSecurityAuditLog({ event: 'included' });
    await user.createNotification({ message: 'Hello' });

    const foundTenant = await Tenant.findByPk(tenant.id, {
      include: [
        { association: 'users' },
        { association: 'roles', include: ['permissions'] },
        { association: 'oauthClients', include: ['tokens'] },
        { association: 'invitations', include: ['invitedBy'] },
        { association: 'memberships', include: ['user'] },
      ],
      order: [['users', 'name', 'ASC'], ['roles', 'name', 'ASC'], ['memberships', 'user', 'name', 'ASC']],
    });
    assert.deepStrictEqual(foundTenant.users.map((row) => row.name), ['Member', 'Other']);
    assert.deepStrictEqual(foundTenant.users.map((row) => row.TenantUser.roles), [['writer'], []]);
    assert.deepStrictEqual(
      foundTenant.roles.map((row) => [row.name, row.permissions.map((each) => each.name)]),
      [['idle', []], ['writer', ['a:b']]]);
    assert.strictEqual(foundTenant.oauthClients[0].tokens[0].id, token.id);
    assert.strictEqual(foundTenant.invitations[0].invitedBy.name, 'Member');
    assert.deepStrictEqual(
      foundTenant.memberships.map((row) => row.user.name), ['Member', 'Other']);

    const foundUser = await User.findByPk(user.id, {
      include: ['tenants', 'memberships', 'authenticators', 'loginHistories', 'activityLogs',
        { association: 'securityAuditLogs', where: { event: 'included' } }, 'notifications',
        'oauthTokens'],
    });
    assert.strictEqual(foundUser.tenants[0].name, 'Included');
    for (const name of ['tenants', 'memberships', 'authenticators', 'loginHistories',
      'activityLogs', 'securityAuditLogs', 'notifications', 'oauthTokens']) {
      assert.strictEqual(foundUser[name].length, 1, name);
    }

    const byRole = await User.findAll({
      include: { association: 'tenants', where: { slug: tenant.slug }, required: true },
      order: ['name'],
    });
    assert.deepStrictEqual(byRole.map((row) => row.name), ['Member', 'Other']);
  });

  test('add, set, count and remove through both junction tables', async () => {
    const tenant = await app.newTenant();
    const [one, two] = [await app.newUser(), await app.newUser()];
    const role = await tenant.createRole({ name: 'clerk' });
    const permissions = await app.models.Permission.bulkCreate(['x', 'y', 'z'].map((action) => (
      { name: `mix:${action}`, resource: 'mix', action })));

    await tenant.addUsers([one, two]);
    assert.strictEqual(await tenant.countUsers(), 2);
    assert.strictEqual(await tenant.hasUser(one), true);
    await tenant.setUsers([two]);
    assert.deepStrictEqual((await tenant.getUsers()).map((row) => row.id), [two.id]);
    assert.strictEqual(await one.countTenants(), 0);
    await two.removeTenant(tenant);
    assert.strictEqual(await tenant.countUsers(), 0);

    await role.setPermissions(permissions.slice(0, 2));
    await role.setPermissions(permissions.slice(1));
    assert.deepStrictEqual(
      (await role.getPermissions({ order: ['name'] })).map((row) => row.name), ['mix:y', 'mix:z']);
    await role.removePermission(permissions[1]);
    assert.deepStrictEqual(
      (await permissions[2].getRoles()).map((row) => row.name), ['clerk']);
    assert.strictEqual(await permissions[1].countRoles(), 0);
  });

  test('destroy() of a tenant takes with it what belongs to it, and no user', async () => {
    const { OAuthClient, OAuthToken, Role, Tenant, TenantUser, User } = app.models;
    const tenant = await app.newTenant();
    const user = await app.newUser();
    const client = await app.newClient({ tenantId: tenant.id });
    const where = { tenantId: tenant.id };

    await tenant.createRole({ name: 'temporary' });
    await tenant.addUser(user, { through: { roles: ['temporary'] } });
    const token = await app.newToken(client, user);
    assert.strictEqual(await Tenant.destroy({ where: { id: tenant.id } }), 1);
    assert.strictEqual(await Tenant.findByPk(tenant.id), null);
    assert.strictEqual(await Role.count({ where }), 0);
    assert.strictEqual(await TenantUser.count({ where }), 0);
    assert.strictEqual(await OAuthClient.findByPk(client.id), null);
    assert.strictEqual(await OAuthToken.findByPk(token.id), null);
    assert.strictEqual((await User.findByPk(user.id)).status, 'active');
  });
};
