CREATE TABLE `admin_console_config` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`sign_in_experience_customized` integer,
	`organization_created` integer,
	`developer_tenant_migration_notification` integer,
	`checked_charge_notification` integer,
	`m2m_application_created` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `admin_console_config_tenant` ON `admin_console_config` (`tenant_id`);--> statement-breakpoint
CREATE TABLE `bootstrap_secret` (
	`digest` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`expire_time` integer NOT NULL,
	`use_time` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `bootstrap_secret_tenant` ON `bootstrap_secret` (`tenant_id`);--> statement-breakpoint
CREATE TABLE `consent_organization` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`application_id` text NOT NULL,
	`user_id` text NOT NULL,
	`organization_id` text NOT NULL,
	`member_id` text NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`application_id`) REFERENCES `application`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`organization_id`) REFERENCES `organization`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`member_id`) REFERENCES `organization_member`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `consent_organization_key` ON `consent_organization` (`application_id`,`user_id`,`organization_id`);--> statement-breakpoint
CREATE INDEX `consent_organization_birth` ON `consent_organization` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `consent_organization_user` ON `consent_organization` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `consent_organization_organization` ON `consent_organization` (`organization_id`);--> statement-breakpoint
CREATE INDEX `consent_organization_member` ON `consent_organization` (`member_id`);--> statement-breakpoint
CREATE TABLE `custom_domain` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`application_id` text NOT NULL,
	`domain` text NOT NULL,
	`status` integer DEFAULT 0 NOT NULL,
	`dns_records` text DEFAULT '[]' NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`application_id`) REFERENCES `application`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `custom_domain_domain` ON `custom_domain` (`domain`);--> statement-breakpoint
CREATE INDEX `custom_domain_birth` ON `custom_domain` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `custom_domain_application` ON `custom_domain` (`application_id`,`id`);--> statement-breakpoint
CREATE TABLE `id_token_config` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`enabled_extended_claims` text DEFAULT '[]' NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `id_token_config_tenant` ON `id_token_config` (`tenant_id`);--> statement-breakpoint
CREATE TABLE `oidc_session_config` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`ttl` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `oidc_session_config_tenant` ON `oidc_session_config` (`tenant_id`);--> statement-breakpoint
CREATE TABLE `organization_application` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`organization_id` text NOT NULL,
	`application_id` text NOT NULL,
	`organization_role_ids` text DEFAULT '[]' NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`organization_id`) REFERENCES `organization`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`application_id`) REFERENCES `application`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `organization_application_key` ON `organization_application` (`application_id`,`organization_id`);--> statement-breakpoint
CREATE INDEX `organization_application_birth` ON `organization_application` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `organization_application_organization` ON `organization_application` (`organization_id`,`id`);--> statement-breakpoint
CREATE INDEX `organization_application_application` ON `organization_application` (`application_id`,`id`);--> statement-breakpoint
CREATE TABLE `organization_invitation` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`organization_id` text NOT NULL,
	`invitee` text NOT NULL,
	`organization_role_ids` text DEFAULT '[]' NOT NULL,
	`status` integer DEFAULT 0 NOT NULL,
	`expire_time` integer NOT NULL,
	`accepted_user_id` text,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`organization_id`) REFERENCES `organization`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `organization_invitation_pending` ON `organization_invitation` (`organization_id`,`invitee`) WHERE status = 1;--> statement-breakpoint
CREATE INDEX `organization_invitation_birth` ON `organization_invitation` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `organization_invitation_organization` ON `organization_invitation` (`organization_id`,`id`);--> statement-breakpoint
CREATE INDEX `organization_invitation_expiry` ON `organization_invitation` (`expire_time`);--> statement-breakpoint
CREATE TABLE `search_term` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`tenant_id` text NOT NULL,
	`type` text NOT NULL,
	`field` text NOT NULL,
	`term` text NOT NULL,
	`row_id` text NOT NULL,
	`place` text NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `search_term_key` ON `search_term` (`tenant_id`,`type`,`field`,`term`,`row_id`);--> statement-breakpoint
CREATE INDEX `search_term_row` ON `search_term` (`row_id`);--> statement-breakpoint
CREATE TABLE `sign_in_experience` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`application_id` text NOT NULL,
	`display_name` text DEFAULT '' NOT NULL,
	`branding` text,
	`color` text,
	`terms_of_use_uri` text DEFAULT '' NOT NULL,
	`privacy_policy_uri` text DEFAULT '' NOT NULL,
	`custom_css` text DEFAULT '' NOT NULL,
	`hide_branding` integer DEFAULT false NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`application_id`) REFERENCES `application`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sign_in_experience_application` ON `sign_in_experience` (`application_id`);--> statement-breakpoint
CREATE INDEX `sign_in_experience_birth` ON `sign_in_experience` (`tenant_id`,`id`);--> statement-breakpoint
CREATE TABLE `user_consent_scope` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`application_id` text NOT NULL,
	`type` integer DEFAULT 0 NOT NULL,
	`scope_id` text,
	`user_scope` text DEFAULT '' NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`application_id`) REFERENCES `application`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`scope_id`) REFERENCES `scope`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `user_consent_scope_key` ON `user_consent_scope` (`application_id`,`type`,`scope_id`) WHERE scope_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX `user_consent_scope_user` ON `user_consent_scope` (`application_id`,`user_scope`) WHERE user_scope <> '';--> statement-breakpoint
CREATE INDEX `user_consent_scope_birth` ON `user_consent_scope` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `user_consent_scope_application` ON `user_consent_scope` (`application_id`,`id`);--> statement-breakpoint
CREATE INDEX `user_consent_scope_scope` ON `user_consent_scope` (`scope_id`);--> statement-breakpoint
DROP INDEX `application_project`;--> statement-breakpoint
ALTER TABLE `application` ADD `description` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `application` ADD `third_party` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `application` ADD `custom_data` text;--> statement-breakpoint
ALTER TABLE `application` ADD `redirect_uris` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `application` ADD `post_logout_redirect_uris` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `application` ADD `device_flow` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `application` ADD `protected_app_metadata` text;--> statement-breakpoint
ALTER TABLE `application` ADD `sub_domain` text;--> statement-breakpoint
CREATE UNIQUE INDEX `application_sub_domain` ON `application` (`sub_domain`) WHERE sub_domain is not null;--> statement-breakpoint
CREATE INDEX `application_birth` ON `application` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `application_project` ON `application` (`project_id`,`id`);--> statement-breakpoint
DROP INDEX `group_member_group`;--> statement-breakpoint
CREATE INDEX `group_member_birth` ON `group_member` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `group_member_user` ON `group_member` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `group_member_group` ON `group_member` (`group_id`,`id`);--> statement-breakpoint
DROP INDEX `organization_member_organization`;--> statement-breakpoint
CREATE INDEX `organization_member_birth` ON `organization_member` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `organization_member_user` ON `organization_member` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `organization_member_organization` ON `organization_member` (`organization_id`,`id`);--> statement-breakpoint
DROP INDEX `role_assignment_role`;--> statement-breakpoint
CREATE INDEX `role_assignment_birth` ON `role_assignment` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `role_assignment_user_birth` ON `role_assignment` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `role_assignment_application_birth` ON `role_assignment` (`application_id`,`id`);--> statement-breakpoint
CREATE INDEX `role_assignment_role` ON `role_assignment` (`role_id`,`id`);--> statement-breakpoint
DROP INDEX `scope_tenant`;--> statement-breakpoint
CREATE INDEX `scope_birth` ON `scope` (`resource_id`,`id`);--> statement-breakpoint
CREATE INDEX `scope_tenant` ON `scope` (`tenant_id`,`id`);--> statement-breakpoint
DROP INDEX `user_identity_user`;--> statement-breakpoint
CREATE INDEX `user_identity_birth` ON `user_identity` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `user_identity_connector` ON `user_identity` (`connector_id`,`id`);--> statement-breakpoint
CREATE INDEX `user_identity_user` ON `user_identity` (`user_id`,`id`);--> statement-breakpoint
ALTER TABLE `application_secret` ADD `legacy` integer DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX `application_secret_birth` ON `application_secret` (`application_id`,`id`);--> statement-breakpoint
CREATE INDEX `application_secret_tenant` ON `application_secret` (`tenant_id`,`id`);--> statement-breakpoint
ALTER TABLE `connector` ADD `factory_id` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `connector` ADD `target` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `connector` ADD `sync_profile` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `connector` ADD `token_storage` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `connector` ADD `authorization_endpoint` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `connector` ADD `scopes` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `connector` ADD `subject_claim` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `connector` ADD `endpoint` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `connector` ADD `sender` text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `connector_target` ON `connector` (`tenant_id`,`target`) WHERE target <> '';--> statement-breakpoint
CREATE INDEX `connector_birth` ON `connector` (`tenant_id`,`id`);--> statement-breakpoint
ALTER TABLE `organization` ADD `custom_data` text;--> statement-breakpoint
CREATE INDEX `organization_birth` ON `organization` (`tenant_id`,`id`);--> statement-breakpoint
ALTER TABLE `organization_role` ADD `type` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `organization_role_birth` ON `organization_role` (`tenant_id`,`id`);--> statement-breakpoint
ALTER TABLE `role` ADD `is_default` integer DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX `role_birth` ON `role` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `role_default` ON `role` (`tenant_id`) WHERE is_default;--> statement-breakpoint
CREATE INDEX `group_birth` ON `group` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `project_birth` ON `project` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `resource_birth` ON `resource` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `user_birth` ON `user` (`tenant_id`,`id`);