// Values of every type, to the database and back.
'use strict';

const assert = require('assert');
const { DataTypes, Op } = require('sequelize');
const pg = require('pg');
const defineModels = require('../models');
const document = require('../document');

const MINUTE = 60e3;

module.exports = (test, app) => {
  test('every value of every enum, and none else', async () => {
    const { Invitation, SecurityAuditLog, Tenant } = app.models;
    const tenant = await app.newTenant();
    const user = await app.newUser();
    const invitation = await Invitation.create({
      email: 'a@example.com', token: 't', expiresAt: new Date(), tenantId: tenant.id,
      invitedById: user.id,
    });
    const each = async (row, name, values) => {
      for (const value of values) {
        await row.update({ [name]: value });
        await row.reload({ paranoid: false });
        assert.strictEqual(row[name], value);
      }
      const error = await app.failure(row.update({ [name]: 'bogus' }));
      assert.strictEqual(error.name, 'SequelizeDatabaseError');
      assert.strictEqual(error.original.code, '22P02');
      await row.reload({ paranoid: false });
      assert.strictEqual(row[name], values[values.length - 1]);
    };

    await each(user, 'status', document.Users.status.values);
    await each(tenant, 'status', document.Tenants.status.values);
    await each(tenant, 'onboardingStatus', document.Tenants.onboardingStatus.values);
    await each(invitation, 'status', document.Invitations.status.values);
    for (const status of document.LoginHistories.status.values) {
      assert.strictEqual((await user.createLoginHistory({ status })).status, status);
    }
    const error = await app.failure(Tenant.count({ where: { status: 'bogus' } }));
    assert.strictEqual(error.original.code, '22P02');

    // they sort in the order in which the document declares them, which is not the alphabet's
    for (const severity of ['critical', 'low', 'high', 'medium']) {
      await SecurityAuditLog.create({ event: 'sorted', severity });
    }
    const sorted = { where: { event: 'sorted' }, order: ['severity'] };
    assert.deepStrictEqual(
      (await SecurityAuditLog.findAll(sorted)).map((row) => row.severity),
      ['low', 'medium', 'high', 'critical']);
  });

  test('typeValidation: true has Sequelize refuse it first', async () => {
    const sequelize = app.connect({ define: { schema: 'multitenant' }, typeValidation: true });
    const { User } = defineModels(sequelize);
    const error = await app.failure(User.create({ email: 'typed@example.com', status: 'bogus' }));

    assert.strictEqual(error.name, 'SequelizeValidationError');
    assert.ok(await User.create({ email: 'typed@example.com', status: 'inactive' }));
  });

  test('arrays: default, contains, overlap, append, and long elements', async () => {
    const { OAuthClient, User } = app.models;
    const user = await app.newUser();
    const uri = `https://example.com/${'x'.repeat(1000)}`;
    const client = await app.newClient({ grants: ['authorization_code', 'refresh_token'] });
    const found = async (grants) => (await OAuthClient.count({ where: { id: client.id, grants } }));

    assert.deepStrictEqual(client.redirectUris, []);
    assert.deepStrictEqual(client.allowedScopes, []);
    assert.deepStrictEqual(user.twoFactorBackupCodes, []);
    assert.strictEqual(await found({ [Op.contains]: ['refresh_token'] }), 1);
    assert.strictEqual(await found({ [Op.contains]: ['refresh_token', 'password'] }), 0);
    assert.strictEqual(await found({ [Op.overlap]: ['refresh_token', 'password'] }), 1);
    assert.strictEqual(await found(['authorization_code', 'refresh_token']), 1);
    assert.strictEqual(await found(['refresh_token', 'authorization_code']), 0);

    await client.update({
      grants: app.sequelize.fn('array_append', app.sequelize.col('grants'), 'implicit'),
    });
    await client.reload();
    assert.deepStrictEqual(client.grants, ['authorization_code', 'refresh_token', 'implicit']);

    const difficult = ['a,b', '{c}', 'd"e', "f'g", 'h\\i', '', 'NULL', 'ü€😀'];
    await user.update({ twoFactorBackupCodes: difficult });
    await user.reload();
    assert.deepStrictEqual(user.twoFactorBackupCodes, difficult);
    assert.strictEqual(
      await User.count({ where: { twoFactorBackupCodes: { [Op.contains]: difficult } } }), 1);

    // bulkCreate() and operators cast to the type of the model, 255 characters where it says
    // no other length, and a cast cuts
    const [long] = await OAuthClient.bulkCreate([
      { clientId: 'long', name: 'Long', type: 'public', redirectUris: [uri], grants: [uri] },
    ]);
    await long.reload();
    assert.deepStrictEqual(long.redirectUris, [uri]);
    assert.deepStrictEqual(long.grants, [uri.slice(0, 255)]);
    assert.strictEqual(
      await OAuthClient.count({ where: { redirectUris: { [Op.contains]: [uri] } } }), 1);
  });

  test('JSONB: nested query, containment, nested update', async () => {
    const { Tenant, User } = app.models;
    const user = await app.newUser({ avatar: 'json' });
    const german = await app.newUser({
      avatar: 'json', profile: { language: 'de', skills: ['sql', 'c'], socialLinks: { x: '@x' } },
    });
    const ids = async (where) =>
      (await User.findAll({ where: { avatar: 'json', ...where } })).map((row) => row.id);

    assert.deepStrictEqual(await ids({ profile: { language: 'de' } }), [german.id]);
    assert.deepStrictEqual(await ids({ 'profile.language': 'en' }), [user.id]);
    assert.deepStrictEqual(await ids({ 'profile.socialLinks.x': '@x' }), [german.id]);
    assert.deepStrictEqual(await ids({ profile: { language: { [Op.in]: ['fr', 'de'] } } }), [german.id]);
    assert.deepStrictEqual(await ids({ profile: { [Op.contains]: { skills: ['c'] } } }), [german.id]);
    assert.deepStrictEqual(await ids({ profile: { [Op.contains]: { skills: ['go'] } } }), []);

    user.set('profile.language', 'fr');
    await user.save();
    await user.reload();
    assert.deepStrictEqual(user.profile, { ...document.Users.profile.default, language: 'fr' });
    await User.update({
      profile: app.sequelize.fn(
        'jsonb_set', app.sequelize.col('profile'), '{language}', JSON.stringify('it')),
    }, { where: { id: german.id } });
    await german.reload();
    assert.deepStrictEqual(
      german.profile, { language: 'it', skills: ['sql', 'c'], socialLinks: { x: '@x' } });

    const tenant = await app.newTenant({ featureFlags: { beta: { enabled: true } } });
    assert.deepStrictEqual(
      (await Tenant.findAll({ where: { 'featureFlags.beta.enabled': true } })).map((row) => row.id),
      [tenant.id]);
  });

  test('the database fills in the defaults of the document', async () => {
    const user = await app.newUser();
    const tenant = await app.newTenant();
    const rows = { Users: user, Tenants: tenant };

    for (const [table, row] of Object.entries(rows)) {
      const defaults = Object.entries(document[table]).filter(([, column]) => column.default);

      assert.ok(defaults.length >= 3);
      for (const [name, column] of defaults) {
        assert.deepStrictEqual(row[name], column.default, name);
      }
    }
    assert.strictEqual(tenant.status, 'active');
    assert.strictEqual(tenant.onboardingStatus, 'pending');
    assert.strictEqual(tenant.gracePeriodDays, 7);
    assert.strictEqual((await app.newToken(await app.newClient(), user)).type, 'access');

    // all of them, where no model sends any
    const [row] = await app.superuser(
      `INSERT INTO multitenant."Users" (email) VALUES ('plain@example.com') RETURNING *`);
    const [model] = await app.models.User.findAll({ where: { email: 'plain@example.com' } });
    assert.match(row.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    for (const name of Object.keys(document.Users)) {
      if (!['id', 'email', 'createdAt', 'updatedAt'].includes(name)) {
        assert.deepStrictEqual(model[name], user[name], name);
      }
    }
  });

  test('an id needs a default in the model; uuid_generate_v4() is one with uuid-ossp', async () => {
    const sequelize = app.connect({ define: { schema: 'multitenant' } });
    const define = (id) => sequelize.define('Permission', {
      id: { type: DataTypes.UUID, primaryKey: true, ...id },
      name: DataTypes.STRING,
      resource: DataTypes.STRING,
      action: DataTypes.STRING,
    });
    const values = { name: 'uuid:ossp', resource: 'uuid', action: 'ossp' };
    const withoutDefault = define({});

    assert.strictEqual((await app.failure(withoutDefault.create(values))).original.code, '23502');
    const Permission = define({ defaultValue: sequelize.fn('uuid_generate_v4') });
    const create = () => Permission.create(values);

    assert.strictEqual((await app.failure(create())).original.code, '42883');
    await app.superuser('CREATE EXTENSION "uuid-ossp"');
    assert.match((await create()).id, /^[0-9a-f-]{14}4[0-9a-f-]{21}$/);
  });

  test('BYTEA is a Buffer, every byte of it', async () => {
    const { Authenticator } = app.models;
    const user = await app.newUser();
    const bytes = Buffer.from([...Array(256).keys()]);
    const key = Buffer.from([...bytes].reverse());

    await user.createAuthenticator({ credentialID: bytes, credentialPublicKey: key });
    const found = await Authenticator.findOne({ where: { credentialID: bytes } });
    assert.ok(Buffer.isBuffer(found.credentialID));
    assert.deepStrictEqual(found.credentialID, bytes);
    assert.deepStrictEqual(found.credentialPublicKey, key);
    assert.strictEqual(await Authenticator.count({ where: { credentialID: key } }), 0);
    assert.strictEqual(found.friendlyName, 'Primary Authenticator');
    assert.deepStrictEqual(found.transports, []);
  });

  test('the counter of an authenticator is a bigint, which pg hands over as a string', async () => {
    const { Authenticator } = app.models;
    const user = await app.newUser();
    const authenticator = await user.createAuthenticator({
      credentialID: Buffer.from('counter'), credentialPublicKey: Buffer.from('key'),
    });
    const largest = 4294967295;

    assert.strictEqual(authenticator.counter, '0');
    await authenticator.update({ counter: largest - 1 });
    await authenticator.increment('counter');
    await authenticator.reload();
    assert.strictEqual(authenticator.counter, String(largest));
    assert.strictEqual(await Authenticator.count({ where: { counter: { [Op.gt]: 2 ** 31 } } }), 1);
    assert.strictEqual(
      (await app.failure(authenticator.increment('counter'))).original.code, '23514');

    const int8 = 20;
    const parser = pg.types.getTypeParser(int8);
    pg.types.setTypeParser(int8, Number);
    try {
      await authenticator.reload();
      assert.strictEqual(authenticator.counter, largest);
    } finally {
      pg.types.setTypeParser(int8, parser);
    }
  });

  test('a time is the same instant in sessions of different time zones', async () => {
    const zones = ['+00:00', '+05:30', 'America/New_York'];
    const instants = [
      '2030-01-01T12:00:00.000Z', '1999-12-31T23:59:59.999Z',
      // half past one, twice in one night in New York
      '2030-11-03T05:30:00.000Z', '2030-11-03T06:30:00.000Z',
    ].map((text) => new Date(text));
    const user = await app.newUser();
    const users = [];
    const offsets = [];

    for (const timezone of zones) {
      const sequelize = app.connect({ define: { schema: 'multitenant' }, timezone });
      const [[{ offset }]] = await sequelize.query(
        `SELECT extract(timezone FROM timestamptz '2030-01-01')::integer AS offset`);

      offsets.push(offset);
      users.push(defineModels(sequelize).User);
    }
    assert.deepStrictEqual(offsets, [0, 5.5 * 3600, -5 * 3600]);
    for (const instant of instants) {
      for (const writer of users) {
        await writer.update({ accountLockedUntil: instant }, { where: { id: user.id } });
        const [{ seconds }] = await app.superuser(
          `SELECT extract(epoch FROM "accountLockedUntil")::text AS seconds
             FROM multitenant."Users" WHERE id = '${user.id}'`);

        assert.strictEqual(Math.round(seconds * 1000), instant.getTime());
        for (const reader of users) {
          const found = await reader.findByPk(user.id);

          assert.strictEqual(found.accountLockedUntil.getTime(), instant.getTime());
          assert.strictEqual(
            await reader.count({ where: { id: user.id, accountLockedUntil: instant } }), 1);
        }
      }
    }
  });

  test('an update moves updatedAt by the clock of the database', async () => {
    const { User } = app.models;
    const user = await app.newUser(
      { createdAt: new Date(0), updatedAt: new Date(0) }, { silent: true });

    // what the application says of a new row stays
    await user.reload();
    assert.strictEqual(user.createdAt.getTime(), 0);
    assert.strictEqual(user.updatedAt.getTime(), 0);

    const clock = async (transaction) => {
      const [[{ now }]] = await app.sequelize.query(
        'SELECT now(), pg_sleep(0.01)', { transaction });

      return now.getTime();
    };
    const ways = {
      // with the application's own clock, which is 10 ms on
      save: (transaction) => user.update({ name: 'save' }, { transaction }),
      many: (transaction) => User.update(
        { name: 'many' }, { where: { id: user.id }, transaction }),
      // without any, and with a wrong one
      silent: (transaction) => user.update({ name: 'silent' }, { silent: true, transaction }),
      wrong: (transaction) => app.sequelize.query(
        'UPDATE multitenant."Users" SET "updatedAt" = to_timestamp(1) WHERE id = :id',
        { replacements: { id: user.id }, transaction }),
      increment: (transaction) => user.increment('loginCount', { transaction }),
      upsert: (transaction) => User.upsert(
        { id: user.id, email: user.email, name: 'upsert' }, { transaction }),
      destroy: (transaction) => user.destroy({ transaction }),
      restore: (transaction) => user.restore({ transaction }),
    };

    for (const [name, change] of Object.entries(ways)) {
      const before = user.updatedAt.getTime();
      const now = await app.sequelize.transaction(async (transaction) => {
        const start = await clock(transaction);

        await change(transaction);
        return start;
      });

      await user.reload({ paranoid: false });
      assert.strictEqual(user.updatedAt.getTime(), now, name);
      assert.ok(now > before, name);
    }
    assert.ok(Math.abs(Date.now() - user.updatedAt) < 10 * MINUTE);
    assert.strictEqual(user.createdAt.getTime(), 0);
  });

  test('an instance shows the database\'s updatedAt once it is reloaded or returned', async () => {
    const user = await app.newUser();

    await user.update({ name: 'own clock' });
    const own = user.updatedAt.getTime();
    await user.reload();
    const stored = user.updatedAt.getTime();
    await user.update({ name: 'returned' }, { returning: true });
    const returned = user.updatedAt.getTime();
    await user.reload();

    assert.ok(Math.abs(own - stored) < MINUTE);
    assert.strictEqual(user.updatedAt.getTime(), returned);
  });
};
