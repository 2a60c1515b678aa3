// Role names in memberships.
'use strict';

const assert = require('assert');
const { Op } = require('sequelize');

module.exports = (test, app) => {
  async function newTeam() {
    const tenant = await app.newTenant();
    const editor = await tenant.createRole({ name: 'editor', scopes: ['page:*'] });
    const reviewer = await tenant.createRole({ name: 'reviewer' });
    const ann = await app.newUser({ name: 'Ann' });
    const bob = await app.newUser({ name: 'Bob' });

    await tenant.addUser(ann, { through: { roles: ['editor', 'reviewer'] } });
    await tenant.addUser(bob, { through: { roles: ['reviewer'] } });
    return { tenant, editor, reviewer, ann, bob };
  }

  const rolesOf = async (user, tenant) => (await app.models.TenantUser.findOne({
    where: { userId: user.id, tenantId: tenant.id },
  })).roles;

  test('from a member to its roles, from a role to its members', async () => {
    const { tenant, reviewer, editor, ann, bob } = await newTeam();
    const elsewhere = await newTeam();
    const [membership] = await ann.getMemberships();

    assert.deepStrictEqual(
      (await membership.getRoles()).map((role) => role.id), [editor.id, reviewer.id]);
    assert.deepStrictEqual(
      (await reviewer.getUsers()).map((user) => user.id), [ann.id, bob.id]);
    assert.deepStrictEqual((await editor.getUsers()).map((user) => user.id), [ann.id]);
    assert.deepStrictEqual(
      (await tenant.getUsers({ through: { where: { roles: { [Op.contains]: ['editor'] } } } }))
        .map((user) => user.id), [ann.id]);
    assert.strictEqual((await elsewhere.editor.getUsers()).length, 1);
  });

  test('a rename follows into the memberships of the tenant', async () => {
    const { tenant, editor, ann, bob } = await newTeam();
    const elsewhere = await newTeam();

    await editor.update({ name: 'chief' });
    assert.deepStrictEqual(await rolesOf(ann, tenant), ['chief', 'reviewer']);
    assert.deepStrictEqual(await rolesOf(bob, tenant), ['reviewer']);
    assert.deepStrictEqual(
      await rolesOf(elsewhere.ann, elsewhere.tenant), ['editor', 'reviewer']);
    assert.deepStrictEqual((await editor.getUsers()).map((user) => user.id), [ann.id]);

    await app.models.Role.update(
      { name: 'checker' }, { where: { tenantId: tenant.id, name: 'reviewer' } });
    assert.deepStrictEqual(await rolesOf(ann, tenant), ['chief', 'checker']);
    assert.deepStrictEqual(await rolesOf(bob, tenant), ['checker']);
  });

  test('a destroyed role leaves the memberships of the tenant', async () => {
    const { tenant, editor, reviewer, ann, bob } = await newTeam();
    const elsewhere = await newTeam();

    await reviewer.destroy();
    assert.deepStrictEqual(await rolesOf(ann, tenant), ['editor']);
    assert.deepStrictEqual(await rolesOf(bob, tenant), []);
    assert.strictEqual(
      await app.models.Role.destroy({ where: { tenantId: tenant.id, name: editor.name } }), 1);
    assert.deepStrictEqual(await rolesOf(ann, tenant), []);
    assert.deepStrictEqual(await rolesOf(elsewhere.bob, elsewhere.tenant), ['reviewer']);
  });

  test('roles are given and taken by writing the array', async () => {
    const { tenant, bob } = await newTeam();
    const [membership] = await bob.getMemberships();

    await membership.update({ roles: [...membership.roles, 'editor'] });
    assert.deepStrictEqual(await rolesOf(bob, tenant), ['reviewer', 'editor']);
    await membership.update({ roles: [] });
    assert.deepStrictEqual(await rolesOf(bob, tenant), []);
  });
};
