// The extension's functions, called from Sequelize.
'use strict';

const assert = require('assert');
const { QueryTypes } = require('sequelize');

// What would go wrong if it were put into a statement by hand.
const PASSWORD = "it's \\ a $1 :name ? \"password\" -- ü€😀";

module.exports = (test, app) => {
  const select = (sql, values) =>
    app.sequelize.query(sql, { type: QueryTypes.SELECT, plain: true, ...values });
  const authenticate = (email, password) => select(
    'SELECT * FROM multitenant.authenticate($email, $password, $ip, $agent)',
    { bind: { email, password, ip: '2001:db8::1', agent: 'test' } });
  const register = async (email, password) => (await select(
    'SELECT multitenant.register_user($email, $password, $name) AS id',
    { bind: { email, password, name: 'Registered' } })).id;

  test('register_user() with replacements and with bind', async () => {
    const { User } = app.models;
    const statements = [];
    const logging = (sql) => statements.push(sql);
    const byReplacements = await select(
      'SELECT multitenant.register_user(:email, :password, name => :name) AS id', {
        replacements: { email: 'r@example.com', password: PASSWORD, name: "O'Neill" }, logging,
      });
    const byBind = await select(
      'SELECT multitenant.register_user($email, $password, name => $name) AS id', {
        bind: { email: 'b@example.com', password: PASSWORD, name: "O'Neill" }, logging,
      });

    for (const { id } of [byReplacements, byBind]) {
      const user = await User.findByPk(id);

      assert.strictEqual(user.name, "O'Neill");
      assert.match(user.password, /^\$argon2id\$/);
      // both ways hand over the same password, which is no other
      assert.deepStrictEqual(await authenticate(user.email, PASSWORD), {
        outcome: 'success', user_id: id, locked_until: null,
      });
      assert.strictEqual(
        (await authenticate(user.email, PASSWORD.slice(1))).outcome, 'invalid_credentials');
    }
    // but replacements become part of the statement, which others may read
    assert.deepStrictEqual(
      statements.map((sql) => sql.includes('a $1 :name ? "password"')), [true, false]);
  });

  test('register_user() refuses', async () => {
    const duplicate = await app.failure(register('R@EXAMPLE.COM', PASSWORD));
    const short = await app.failure(register('new@example.com', 'xK9!q'));

    assert.strictEqual(duplicate.name, 'SequelizeUniqueConstraintError');
    assert.strictEqual(short.original.code, '22023');
    assert.ok(short.original.detail);
    for (const { message, detail, hint } of [duplicate.original, short.original]) {
      assert.ok(!`${message} ${detail} ${hint}`.includes(PASSWORD));
      assert.ok(!`${message} ${detail} ${hint}`.includes('xK9!q'));
    }
  });

  test('authenticate() until the account is locked', async () => {
    const email = 'locked@example.com';
    const user = await app.models.User.findByPk(await register(email, PASSWORD));
    const outcomes = [];
    let last;

    for (let i = 1; i <= 5; i += 1) {
      last = await authenticate(email, `wrong ${i}`);
      outcomes.push(last.outcome);
    }
    assert.deepStrictEqual(outcomes, Array(5).fill('invalid_credentials'));
    assert.ok(last.locked_until instanceof Date);
    assert.ok(Math.abs(last.locked_until - Date.now() - 15 * 60e3) < 60e3);

    // the right password as well
    assert.deepStrictEqual(await authenticate(email, PASSWORD), {
      outcome: 'locked', user_id: null, locked_until: last.locked_until,
    });
    await user.reload({ include: ['loginHistories', 'securityAuditLogs'] });
    assert.strictEqual(user.failedLoginAttempts, 5);
    assert.strictEqual(user.accountLockedUntil.getTime(), last.locked_until.getTime());
    assert.strictEqual(user.loginHistories.length, 6);
    assert.ok(user.loginHistories.every((row) => (
      row.status === 'failed' && row.ipAddress === '2001:db8::1' && row.userAgent === 'test')));
    assert.deepStrictEqual(
      user.securityAuditLogs.map((row) => [row.event, row.severity]).sort(),
      [['user.locked', 'high'], ['user.registered', 'low']]);

    await select('SELECT multitenant.unlock_account($id)', { bind: { id: user.id } });
    assert.strictEqual((await authenticate(email, PASSWORD)).user_id, user.id);
  });

  test('a user whom the model made signs in with a hash of bcrypt', async () => {
    // of an independent implementation: the vector "U*U" of crypt_blowfish
    const password = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW';
    const user = await app.newUser({ password });

    assert.strictEqual((await authenticate(user.email, 'U*V')).outcome, 'invalid_credentials');
    assert.strictEqual((await authenticate(user.email, 'U*U')).outcome, 'success');
    await user.reload();
    assert.strictEqual(user.loginCount, 1);
    assert.match(user.password, /^\$argon2id\$/);
    await user.destroy();
    assert.strictEqual((await authenticate(user.email, 'U*U')).outcome, 'inactive');
  });

  test('has_permission() sees what the models write', async () => {
    const tenant = await app.newTenant();
    const other = await app.newTenant();
    const user = await app.newUser();
    const role = await tenant.createRole({ name: 'printer' });
    const permission = await app.models.Permission.create({
      name: 'report:print', resource: 'report', action: 'print',
    });
    const may = async (where = tenant, name = 'report:print') => (await select(
      'SELECT multitenant.has_permission(:user, :tenant, :name) AS may',
      { replacements: { user: user.id, tenant: where.id, name } })).may;

    await tenant.addUser(user, { through: { roles: ['printer'] } });
    await other.addUser(user);
    assert.strictEqual(await may(), false);
    await role.addPermission(permission);
    assert.strictEqual(await may(), true);
    assert.strictEqual(await may(other), false);
    assert.strictEqual(await may(tenant, 'report:delete'), false);
    await role.update({ name: 'press' });
    assert.strictEqual(await may(), true);
    await tenant.update({ status: 'suspended' });
    assert.strictEqual(await may(), false);
    await tenant.update({ status: 'active' });
    assert.strictEqual(await may(), true);
    await user.destroy();
    assert.strictEqual(await may(), false);
    await user.restore();
    assert.strictEqual(await may(), true);
    await role.destroy();
    assert.strictEqual(await may(), false);
  });

  test('the models see what functions write, also in one transaction', async () => {
    const { Role, Tenant, User } = app.models;
    const user = await app.newUser();
    const error = await app.failure(app.sequelize.transaction(async (transaction) => {
      const { id } = await select(
        'SELECT multitenant.create_tenant($name, $slug, $url, $owner) AS id', {
          bind: { name: 'Made', slug: 'made', url: 'postgres://made', owner: user.id },
          transaction,
        });
      const tenant = await Tenant.findByPk(id, { include: ['users', 'roles'], transaction });

      assert.strictEqual(tenant.slug, 'made');
      assert.deepStrictEqual(tenant.users.map((row) => row.TenantUser.roles), [['owner']]);
      assert.deepStrictEqual(tenant.roles.map((row) => row.name).sort(), ['member', 'owner']);
      await select(
        'SELECT multitenant.create_role($tenant, $name, permissions => $permissions) AS id', {
          bind: { tenant: id, name: 'guest', permissions: ['no:such'] }, transaction,
        });
    }));

    assert.strictEqual(error.name, 'SequelizeDatabaseError', error.stack);
    assert.strictEqual(error.original.code, 'P0002');
    assert.strictEqual(await Tenant.count({ where: { slug: 'made' } }), 0);
    assert.strictEqual(await Role.count({ where: { name: 'owner' } }), 0);

    const deleted = await app.newUser();
    await select('SELECT multitenant.delete_user($id, $reason)', {
      bind: { id: deleted.id, reason: 'left' },
    });
    assert.strictEqual(await User.findByPk(deleted.id), null);
    assert.strictEqual(
      (await User.findByPk(deleted.id, { paranoid: false })).statusReason, 'left');
  });
};
