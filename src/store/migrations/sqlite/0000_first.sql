CREATE TABLE `application` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`project_id` text NOT NULL,
	`type` integer DEFAULT 0 NOT NULL,
	`disabled` integer DEFAULT false NOT NULL,
	`public_client` integer DEFAULT false NOT NULL,
	`origins` text DEFAULT '[]' NOT NULL,
	`connector_ids` text DEFAULT '[]' NOT NULL,
	`default_connector_id` text DEFAULT '' NOT NULL,
	`default_resource_id` text DEFAULT '' NOT NULL,
	`resource_ids` text DEFAULT '[]' NOT NULL,
	`access_token_ttl` integer DEFAULT 0 NOT NULL,
	`refresh_token_idle_ttl` integer DEFAULT 0 NOT NULL,
	`refresh_token_absolute_ttl` integer DEFAULT 0 NOT NULL,
	`refresh_retry_window` integer,
	`certificate_uris` text DEFAULT '[]' NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`project_id`) REFERENCES `project`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `application_name` ON `application` (`tenant_id`,`name`);--> statement-breakpoint
CREATE INDEX `application_project` ON `application` (`project_id`);--> statement-breakpoint
CREATE TABLE `application_certificate` (
	`uri` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`application_id` text NOT NULL,
	FOREIGN KEY (`application_id`) REFERENCES `application`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `application_certificate_application` ON `application_certificate` (`application_id`);--> statement-breakpoint
CREATE TABLE `application_origin` (
	`origin` text NOT NULL,
	`tenant_id` text NOT NULL,
	`application_id` text NOT NULL,
	PRIMARY KEY(`origin`, `application_id`),
	FOREIGN KEY (`application_id`) REFERENCES `application`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `application_origin_application` ON `application_origin` (`application_id`);--> statement-breakpoint
CREATE TABLE `application_secret` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`application_id` text NOT NULL,
	`name` text NOT NULL,
	`digest` text NOT NULL,
	`expire_time` integer,
	`last_use_time` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`application_id`) REFERENCES `application`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `application_secret_name` ON `application_secret` (`application_id`,`name`);--> statement-breakpoint
CREATE TABLE `audit_event` (
	`tenant_id` text NOT NULL,
	`seq` integer NOT NULL,
	`time` integer NOT NULL,
	`event` text NOT NULL,
	`actor` text NOT NULL,
	`subject` text NOT NULL,
	`client_id` text NOT NULL,
	`request_id` text NOT NULL,
	`outcome` text NOT NULL,
	`reason` text NOT NULL,
	`detail` text DEFAULT '{}' NOT NULL,
	`sealed` integer DEFAULT false NOT NULL,
	`previous_hash` text,
	`seal` text,
	PRIMARY KEY(`tenant_id`, `seq`)
);
--> statement-breakpoint
CREATE INDEX `audit_event_sealed` ON `audit_event` (`sealed`);--> statement-breakpoint
CREATE TABLE `connector` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`disabled` integer DEFAULT false NOT NULL,
	`verification` integer DEFAULT 0 NOT NULL,
	`issuer` text NOT NULL,
	`jwks_uri` text DEFAULT '' NOT NULL,
	`audiences` text DEFAULT '[]' NOT NULL,
	`authorized_clients` text DEFAULT '[]' NOT NULL,
	`algorithms` text DEFAULT '[]' NOT NULL,
	`token_kind` integer DEFAULT 0 NOT NULL,
	`conditions` text DEFAULT '[]' NOT NULL,
	`allow_any_audience` integer DEFAULT false NOT NULL,
	`just_in_time` integer DEFAULT false NOT NULL,
	`just_in_time_role_ids` text DEFAULT '[]' NOT NULL,
	`single_use` integer DEFAULT false NOT NULL,
	`max_token_lifetime` integer DEFAULT 0 NOT NULL,
	`leeway` integer DEFAULT 0 NOT NULL,
	`introspection_endpoint` text DEFAULT '' NOT NULL,
	`client_id` text DEFAULT '' NOT NULL,
	`client_secret` text DEFAULT '' NOT NULL,
	`userinfo_endpoint` text DEFAULT '' NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `connector_name` ON `connector` (`tenant_id`,`name`);--> statement-breakpoint
CREATE TABLE `connector_audience` (
	`tenant_id` text NOT NULL,
	`issuer` text NOT NULL,
	`audience` text NOT NULL,
	`connector_id` text NOT NULL,
	PRIMARY KEY(`tenant_id`, `issuer`, `audience`),
	FOREIGN KEY (`connector_id`) REFERENCES `connector`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `connector_audience_connector` ON `connector_audience` (`connector_id`);--> statement-breakpoint
CREATE TABLE `data_key` (
	`id` text PRIMARY KEY NOT NULL,
	`purpose` text NOT NULL,
	`status` text NOT NULL,
	`sealed_key` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `grant` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`parent_id` text,
	`user_id` text NOT NULL,
	`client_id` text NOT NULL,
	`resource_id` text NOT NULL,
	`organization_id` text,
	`connector_id` text,
	`realm` text NOT NULL,
	`scope` text,
	`request_id` text NOT NULL,
	`create_time` integer NOT NULL,
	`expire_time` integer NOT NULL,
	`revoke_time` integer,
	`revoke_reason` text
);
--> statement-breakpoint
CREATE INDEX `grant_user` ON `grant` (`tenant_id`,`user_id`);--> statement-breakpoint
CREATE INDEX `grant_expiry` ON `grant` (`expire_time`);--> statement-breakpoint
CREATE TABLE `group` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`role_ids` text DEFAULT '[]' NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `group_name` ON `group` (`tenant_id`,`name`);--> statement-breakpoint
CREATE TABLE `group_member` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`group_id` text NOT NULL,
	`user_id` text NOT NULL,
	`expire_time` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`group_id`) REFERENCES `group`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `group_member_key` ON `group_member` (`user_id`,`group_id`);--> statement-breakpoint
CREATE INDEX `group_member_group` ON `group_member` (`group_id`);--> statement-breakpoint
CREATE TABLE `instance` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `organization` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`disabled` integer DEFAULT false NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `organization_name` ON `organization` (`tenant_id`,`name`);--> statement-breakpoint
CREATE TABLE `organization_member` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`organization_id` text NOT NULL,
	`user_id` text NOT NULL,
	`organization_role_ids` text DEFAULT '[]' NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`organization_id`) REFERENCES `organization`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `organization_member_key` ON `organization_member` (`user_id`,`organization_id`);--> statement-breakpoint
CREATE INDEX `organization_member_organization` ON `organization_member` (`organization_id`);--> statement-breakpoint
CREATE TABLE `organization_role` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`scope_ids` text DEFAULT '[]' NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `organization_role_name` ON `organization_role` (`tenant_id`,`name`);--> statement-breakpoint
CREATE TABLE `project` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`is_default` integer DEFAULT false NOT NULL,
	`disabled` integer DEFAULT false NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `project_name` ON `project` (`tenant_id`,`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `project_default` ON `project` (`tenant_id`) WHERE is_default;--> statement-breakpoint
CREATE TABLE `refresh_family` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`grant_id` text NOT NULL,
	`client_id` text NOT NULL,
	`binding` text,
	`generation` integer NOT NULL,
	`head_digest` text NOT NULL,
	`previous_digest` text,
	`salt` text,
	`retry_window_ms` integer NOT NULL,
	`idle_ttl_ms` integer NOT NULL,
	`create_time` integer NOT NULL,
	`rotate_time` integer,
	`idle_expire_time` integer NOT NULL,
	`absolute_expire_time` integer NOT NULL,
	`revoke_time` integer,
	FOREIGN KEY (`grant_id`) REFERENCES `grant`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `refresh_family_grant` ON `refresh_family` (`grant_id`);--> statement-breakpoint
CREATE INDEX `refresh_family_expiry` ON `refresh_family` (`absolute_expire_time`);--> statement-breakpoint
CREATE TABLE `resource` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`indicator` text NOT NULL,
	`access_token_ttl` integer DEFAULT 0 NOT NULL,
	`is_default` integer DEFAULT false NOT NULL,
	`server_client_ids` text DEFAULT '[]' NOT NULL,
	`signing_algorithm` integer DEFAULT 0 NOT NULL,
	`disabled` integer DEFAULT false NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `resource_indicator` ON `resource` (`tenant_id`,`indicator`);--> statement-breakpoint
CREATE UNIQUE INDEX `resource_default` ON `resource` (`tenant_id`) WHERE is_default;--> statement-breakpoint
CREATE TABLE `revoked_token` (
	`jti` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`expire_time` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `revoked_token_expiry` ON `revoked_token` (`expire_time`);--> statement-breakpoint
CREATE TABLE `role` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`type` integer DEFAULT 0 NOT NULL,
	`scope_ids` text DEFAULT '[]' NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `role_name` ON `role` (`tenant_id`,`name`);--> statement-breakpoint
CREATE TABLE `role_assignment` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`role_id` text NOT NULL,
	`user_id` text,
	`application_id` text,
	`expire_time` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`role_id`) REFERENCES `role`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`application_id`) REFERENCES `application`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `role_assignment_user` ON `role_assignment` (`user_id`,`role_id`) WHERE user_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX `role_assignment_application` ON `role_assignment` (`application_id`,`role_id`) WHERE application_id is not null;--> statement-breakpoint
CREATE INDEX `role_assignment_role` ON `role_assignment` (`role_id`);--> statement-breakpoint
CREATE TABLE `scope` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`resource_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`resource_id`) REFERENCES `resource`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `scope_name` ON `scope` (`resource_id`,`name`);--> statement-breakpoint
CREATE INDEX `scope_tenant` ON `scope` (`tenant_id`);--> statement-breakpoint
CREATE TABLE `signing_key` (
	`kid` text PRIMARY KEY NOT NULL,
	`tenant_id` text,
	`purpose` text NOT NULL,
	`algorithm` text NOT NULL,
	`status` text NOT NULL,
	`public_jwk` text NOT NULL,
	`sealed_private_key` text NOT NULL,
	`created_at` integer NOT NULL,
	`effective_at` integer,
	`retired_at` integer
);
--> statement-breakpoint
CREATE TABLE `tenant` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`name` text NOT NULL,
	`disabled` integer DEFAULT false NOT NULL,
	`policy_epoch` integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tenant_name` ON `tenant` (`name`);--> statement-breakpoint
CREATE TABLE `used_token` (
	`tenant_id` text NOT NULL,
	`connector_id` text NOT NULL,
	`fingerprint` text NOT NULL,
	`expire_time` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `connector_id`, `fingerprint`)
);
--> statement-breakpoint
CREATE INDEX `used_token_expiry` ON `used_token` (`expire_time`);--> statement-breakpoint
CREATE TABLE `user` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`username` text NOT NULL,
	`name` text DEFAULT '' NOT NULL,
	`email` text DEFAULT '' NOT NULL,
	`email_verified` integer DEFAULT false NOT NULL,
	`email_key` text DEFAULT '' NOT NULL,
	`phone` text DEFAULT '' NOT NULL,
	`suspended` integer DEFAULT false NOT NULL,
	`epoch` integer DEFAULT 1 NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `user_username` ON `user` (`tenant_id`,`username`);--> statement-breakpoint
CREATE UNIQUE INDEX `user_email` ON `user` (`tenant_id`,`email_key`) WHERE email_key <> '';--> statement-breakpoint
CREATE TABLE `user_identity` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`create_time` integer NOT NULL,
	`update_time` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`user_id` text NOT NULL,
	`connector_id` text NOT NULL,
	`subject` text NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenant`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`connector_id`) REFERENCES `connector`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `user_identity_subject` ON `user_identity` (`tenant_id`,`connector_id`,`subject`);--> statement-breakpoint
CREATE INDEX `user_identity_user` ON `user_identity` (`user_id`);