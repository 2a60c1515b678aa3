// The models of the reference document, as an application that keeps this schema with
// Sequelize has them. They name no table and no schema: the tables' names are Sequelize's
// plurals of the models' names, and where the tables are is up to the connection.
'use strict';

const { DataTypes, Op } = require('sequelize');

module.exports = function defineModels(sequelize) {
  // Half of the models make their ids themselves, the others let the database.
  const ownId = () => ({
    type: DataTypes.UUID, primaryKey: true, defaultValue: DataTypes.UUIDV4,
  });
  const databaseId = () => ({
    type: DataTypes.UUID, primaryKey: true, defaultValue: sequelize.literal('gen_random_uuid()'),
  });
  const required = (type) => ({ type, allowNull: false });

  const User = sequelize.define('User', {
    id: ownId(),
    email: { type: DataTypes.STRING, allowNull: false, unique: true },
    name: DataTypes.STRING,
    password: DataTypes.STRING,
    status: {
      type: DataTypes.ENUM('active', 'inactive', 'suspended', 'deleted'),
      defaultValue: 'active',
    },
    avatar: DataTypes.STRING,
    googleId: { type: DataTypes.STRING, unique: true },
    failedLoginAttempts: { type: DataTypes.INTEGER, defaultValue: 0 },
    accountLockedUntil: DataTypes.DATE,
    lastFailedLoginAt: DataTypes.DATE,
    currentChallenge: DataTypes.STRING,
    passKeyEnabled: { type: DataTypes.BOOLEAN, defaultValue: false },
    passkeyRegistrationStartedAt: DataTypes.DATE,
    twoFactorSecret: DataTypes.STRING,
    twoFactorEnabled: { type: DataTypes.BOOLEAN, defaultValue: false },
    twoFactorPendingVerification: { type: DataTypes.BOOLEAN, defaultValue: false },
    twoFactorBackupCodes: { type: DataTypes.ARRAY(DataTypes.STRING), defaultValue: [] },
    twoFactorSetupStartedAt: DataTypes.DATE,
    twoFactorLastVerifiedAt: DataTypes.DATE,
    twoFactorVerificationAttempts: { type: DataTypes.INTEGER, defaultValue: 0 },
    twoFactorLastFailedAttempt: DataTypes.DATE,
    emailVerified: { type: DataTypes.BOOLEAN, defaultValue: false },
    verificationToken: DataTypes.STRING,
    verificationTokenExpires: DataTypes.DATE,
    resetToken: DataTypes.STRING,
    resetTokenExpires: DataTypes.DATE,
    preferences: { type: DataTypes.JSONB, defaultValue: {} },
    lastActivity: DataTypes.DATE,
    profile: DataTypes.JSONB,
    emailPreferences: DataTypes.JSONB,
    deletedAt: DataTypes.DATE,
    deletedBy: DataTypes.UUID,
    statusReason: DataTypes.STRING,
    statusChangedAt: DataTypes.DATE,
    statusChangedBy: DataTypes.UUID,
    deactivatedAt: DataTypes.DATE,
    deactivatedBy: DataTypes.UUID,
    deactivationReason: DataTypes.STRING,
    lastLoginAt: DataTypes.DATE,
    loginCount: { type: DataTypes.INTEGER, defaultValue: 0 },
  }, {
    timestamps: true,
    paranoid: true,
    indexes: [
      { name: 'users_email_idx', fields: ['email'] },
      { name: 'users_status_idx', fields: ['status'] },
    ],
  });

  const Tenant = sequelize.define('Tenant', {
    id: ownId(),
    name: required(DataTypes.STRING),
    slug: { type: DataTypes.STRING, allowNull: false, unique: true },
    databaseUrl: { type: DataTypes.STRING, allowNull: false, unique: true },
    logo: DataTypes.STRING,
    colors: { type: DataTypes.JSONB, defaultValue: {} },
    features: { type: DataTypes.JSONB, defaultValue: {} },
    securityPolicy: DataTypes.JSONB,
    status: DataTypes.ENUM('active', 'suspended', 'pending_deletion'),
    deletionRequestedAt: DataTypes.DATE,
    deletionScheduledAt: DataTypes.DATE,
    gracePeriodDays: DataTypes.INTEGER,
    settings: DataTypes.JSONB,
    featureFlags: DataTypes.JSONB,
    onboardingStatus: DataTypes.ENUM('pending', 'in_progress', 'completed'),
  }, {
    timestamps: true,
    indexes: [
      { name: 'tenants_slug_idx', fields: ['slug'] },
      { name: 'tenants_status_idx', fields: ['status'] },
    ],
  });

  const TenantUser = sequelize.define('TenantUser', {
    id: ownId(),
    userId: required(DataTypes.UUID),
    tenantId: required(DataTypes.UUID),
    roles: { type: DataTypes.ARRAY(DataTypes.STRING), defaultValue: [] },
  }, {
    timestamps: true,
    indexes: [
      { name: 'tenant_users_user_id_idx', fields: ['userId'] },
      { name: 'tenant_users_tenant_id_idx', fields: ['tenantId'] },
    ],
  });

  const Authenticator = sequelize.define('Authenticator', {
    id: ownId(),
    userId: required(DataTypes.UUID),
    credentialID: { type: DataTypes.BLOB, allowNull: false, unique: true },
    credentialPublicKey: required(DataTypes.BLOB),
    counter: { type: DataTypes.INTEGER, allowNull: false, defaultValue: 0 },
    transports: { type: DataTypes.ARRAY(DataTypes.STRING), defaultValue: [] },
    friendlyName: {
      type: DataTypes.STRING,
      allowNull: false,
      defaultValue: 'Primary Authenticator',
    },
    lastUsedAt: DataTypes.DATE,
  }, {
    timestamps: true,
    indexes: [{ name: 'authenticators_user_id_idx', fields: ['userId'] }],
  });

  const OAuthClient = sequelize.define('OAuthClient', {
    id: ownId(),
    clientId: { type: DataTypes.STRING, allowNull: false, unique: true },
    clientSecret: DataTypes.STRING,
    name: required(DataTypes.STRING),
    type: required(DataTypes.STRING),
    grants: DataTypes.ARRAY(DataTypes.STRING),
    // Sequelize casts to VARCHAR(255)[] without a length, and a cast cuts
    redirectUris: DataTypes.ARRAY(DataTypes.STRING(2048)),
    allowedScopes: DataTypes.ARRAY(DataTypes.STRING),
    tenantId: DataTypes.UUID,
  }, {
    timestamps: true,
    indexes: [{ name: 'oauth_clients_client_id_idx', fields: ['clientId'] }],
  });

  const OAuthToken = sequelize.define('OAuthToken', {
    id: ownId(),
    accessToken: { type: DataTypes.STRING, allowNull: false, unique: true },
    accessTokenExpiresAt: required(DataTypes.DATE),
    refreshToken: { type: DataTypes.STRING, unique: true },
    refreshTokenExpiresAt: DataTypes.DATE,
    clientId: required(DataTypes.UUID),
    userId: DataTypes.UUID,
    scopes: DataTypes.ARRAY(DataTypes.STRING),
    type: DataTypes.STRING,
    revoked: { type: DataTypes.BOOLEAN, defaultValue: false },
    revokedAt: DataTypes.DATE,
    revokedBy: DataTypes.UUID,
  }, {
    timestamps: true,
    indexes: [
      { name: 'oauth_tokens_access_token_idx', fields: ['accessToken'] },
      { name: 'oauth_tokens_refresh_token_idx', fields: ['refreshToken'] },
    ],
  });

  const Role = sequelize.define('Role', {
    id: databaseId(),
    name: required(DataTypes.STRING),
    description: DataTypes.TEXT,
    scopes: { type: DataTypes.ARRAY(DataTypes.STRING), defaultValue: [] },
    tenantId: required(DataTypes.UUID),
    isDefault: { type: DataTypes.BOOLEAN, defaultValue: false },
  }, {
    timestamps: true,
    indexes: [{ name: 'roles_tenant_id_idx', fields: ['tenantId'] }],
  });

  const Permission = sequelize.define('Permission', {
    id: databaseId(),
    name: { type: DataTypes.STRING, allowNull: false, unique: true },
    description: DataTypes.TEXT,
    resource: required(DataTypes.STRING),
    action: required(DataTypes.STRING),
  }, { timestamps: true });

  const RolePermission = sequelize.define('RolePermission', {
    id: databaseId(),
    roleId: required(DataTypes.UUID),
    permissionId: required(DataTypes.UUID),
  }, {
    timestamps: true,
    indexes: [{ name: 'role_permissions_role_id_idx', fields: ['roleId'] }],
  });

  const LoginHistory = sequelize.define('LoginHistory', {
    id: databaseId(),
    userId: required(DataTypes.UUID),
    ipAddress: DataTypes.STRING,
    userAgent: DataTypes.STRING,
    location: DataTypes.JSONB,
    status: required(DataTypes.ENUM('success', 'failed')),
    failureReason: DataTypes.STRING,
  }, {
    timestamps: true,
    indexes: [
      { name: 'login_histories_user_id_idx', fields: ['userId'] },
      { name: 'login_histories_created_at_idx', fields: ['createdAt'] },
    ],
  });

  const SecurityAuditLog = sequelize.define('SecurityAuditLog', {
    id: databaseId(),
    userId: DataTypes.UUID,
    event: required(DataTypes.STRING),
    details: DataTypes.JSONB,
    ipAddress: DataTypes.STRING,
    userAgent: DataTypes.STRING,
    severity: {
      type: DataTypes.ENUM('low', 'medium', 'high', 'critical'),
      defaultValue: 'low',
    },
  }, {
    timestamps: true,
    indexes: [
      { name: 'security_audit_logs_user_id_idx', fields: ['userId'] },
      { name: 'security_audit_logs_event_idx', fields: ['event'] },
      { name: 'security_audit_logs_created_at_idx', fields: ['createdAt'] },
    ],
  });

  const ActivityLog = sequelize.define('ActivityLog', {
    id: databaseId(),
    userId: required(DataTypes.UUID),
    action: required(DataTypes.STRING),
    details: DataTypes.JSONB,
    ipAddress: DataTypes.STRING,
    userAgent: DataTypes.STRING,
  }, {
    timestamps: true,
    indexes: [
      { name: 'activity_logs_user_id_idx', fields: ['userId'] },
      { name: 'activity_logs_created_at_idx', fields: ['createdAt'] },
    ],
  });

  const Notification = sequelize.define('Notification', {
    id: databaseId(),
    userId: required(DataTypes.UUID),
    message: required(DataTypes.TEXT),
    read: { type: DataTypes.BOOLEAN, defaultValue: false },
  }, {
    timestamps: true,
    indexes: [
      { name: 'notifications_user_id_idx', fields: ['userId'] },
      { name: 'notifications_read_idx', fields: ['read'] },
    ],
  });

  const Invitation = sequelize.define('Invitation', {
    id: ownId(),
    email: required(DataTypes.STRING),
    token: required(DataTypes.STRING),
    status: {
      type: DataTypes.ENUM('pending', 'accepted', 'expired', 'cancelled'),
      defaultValue: 'pending',
    },
    cancelledAt: DataTypes.DATE,
    cancelledBy: DataTypes.UUID,
    expiresAt: required(DataTypes.DATE),
    tenantId: required(DataTypes.UUID),
    invitedById: required(DataTypes.UUID),
  }, {
    timestamps: true,
    indexes: [
      { name: 'invitations_email_idx', fields: ['email'] },
      { name: 'invitations_token_idx', fields: ['token'] },
      { name: 'invitations_tenant_id_idx', fields: ['tenantId'] },
    ],
  });

  // User relationships
  User.belongsToMany(Tenant, {
    through: TenantUser, foreignKey: 'userId', otherKey: 'tenantId', as: 'tenants',
  });
  User.hasMany(TenantUser, { foreignKey: 'userId', as: 'memberships' });
  TenantUser.belongsTo(User, { foreignKey: 'userId', as: 'user' });
  User.hasMany(Authenticator, { foreignKey: 'userId', as: 'authenticators' });
  Authenticator.belongsTo(User, { foreignKey: 'userId', as: 'user' });
  User.hasMany(LoginHistory, { foreignKey: 'userId', as: 'loginHistories' });
  LoginHistory.belongsTo(User, { foreignKey: 'userId', as: 'user' });
  User.hasMany(ActivityLog, { foreignKey: 'userId', as: 'activityLogs' });
  ActivityLog.belongsTo(User, { foreignKey: 'userId', as: 'user' });
  User.hasMany(SecurityAuditLog, { foreignKey: 'userId', as: 'securityAuditLogs' });
  SecurityAuditLog.belongsTo(User, { foreignKey: 'userId', as: 'user' });
  User.hasMany(Notification, { foreignKey: 'userId', as: 'notifications' });
  Notification.belongsTo(User, { foreignKey: 'userId', as: 'user' });
  User.hasMany(OAuthToken, { foreignKey: 'userId', as: 'oauthTokens' });
  OAuthToken.belongsTo(User, { foreignKey: 'userId', as: 'user' });
  User.belongsTo(User, { foreignKey: 'deletedBy', as: 'deleter' });

  // Tenant relationships
  Tenant.belongsToMany(User, {
    through: TenantUser, foreignKey: 'tenantId', otherKey: 'userId', as: 'users',
  });
  Tenant.hasMany(TenantUser, { foreignKey: 'tenantId', as: 'memberships' });
  TenantUser.belongsTo(Tenant, { foreignKey: 'tenantId', as: 'tenant' });
  Tenant.hasMany(Role, { foreignKey: 'tenantId', as: 'roles' });
  Role.belongsTo(Tenant, { foreignKey: 'tenantId', as: 'tenant' });
  Tenant.hasMany(OAuthClient, { foreignKey: 'tenantId', as: 'oauthClients' });
  OAuthClient.belongsTo(Tenant, { foreignKey: 'tenantId', as: 'tenant' });
  OAuthClient.hasMany(OAuthToken, { foreignKey: 'clientId', as: 'tokens' });
  OAuthToken.belongsTo(OAuthClient, { foreignKey: 'clientId', as: 'client' });
  Tenant.hasMany(Invitation, { foreignKey: 'tenantId', as: 'invitations' });
  Invitation.belongsTo(Tenant, { foreignKey: 'tenantId', as: 'tenant' });
  Invitation.belongsTo(User, { foreignKey: 'invitedById', as: 'invitedBy' });

  // Role relationships
  Role.belongsToMany(Permission, {
    through: RolePermission, foreignKey: 'roleId', otherKey: 'permissionId', as: 'permissions',
  });
  Permission.belongsToMany(Role, {
    through: RolePermission, foreignKey: 'permissionId', otherKey: 'roleId', as: 'roles',
  });

  // User -> Roles and Role -> Users go through the names in TenantUsers.roles
  TenantUser.prototype.getRoles = function getRoles() {
    return Role.findAll({
      where: { tenantId: this.tenantId, name: this.roles },
      order: ['name'],
    });
  };
  Role.prototype.getUsers = function getUsers() {
    return User.findAll({
      include: {
        association: 'memberships',
        where: { tenantId: this.tenantId, roles: { [Op.contains]: [this.name] } },
      },
      order: ['name'],
    });
  };

  return sequelize.models;
};
