CREATE TABLE "admin_console_config" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"sign_in_experience_customized" boolean,
	"organization_created" boolean,
	"developer_tenant_migration_notification" boolean,
	"checked_charge_notification" boolean,
	"m2m_application_created" boolean
);
--> statement-breakpoint
CREATE TABLE "bootstrap_secret" (
	"digest" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"expire_time" bigint NOT NULL,
	"use_time" bigint
);
--> statement-breakpoint
CREATE TABLE "consent_organization" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"application_id" text COLLATE "C" NOT NULL,
	"user_id" text COLLATE "C" NOT NULL,
	"organization_id" text COLLATE "C" NOT NULL,
	"member_id" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "custom_domain" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"application_id" text COLLATE "C" NOT NULL,
	"domain" text COLLATE "C" NOT NULL,
	"status" bigint DEFAULT 0 NOT NULL,
	"dns_records" text DEFAULT '[]' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "id_token_config" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"enabled_extended_claims" text DEFAULT '[]' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "oidc_session_config" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"ttl" bigint
);
--> statement-breakpoint
CREATE TABLE "organization_application" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"organization_id" text COLLATE "C" NOT NULL,
	"application_id" text COLLATE "C" NOT NULL,
	"organization_role_ids" text DEFAULT '[]' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "organization_invitation" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"organization_id" text COLLATE "C" NOT NULL,
	"invitee" text COLLATE "C" NOT NULL,
	"organization_role_ids" text DEFAULT '[]' NOT NULL,
	"status" bigint DEFAULT 0 NOT NULL,
	"expire_time" bigint NOT NULL,
	"accepted_user_id" text COLLATE "C"
);
--> statement-breakpoint
CREATE TABLE "search_term" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"type" text COLLATE "C" NOT NULL,
	"field" text COLLATE "C" NOT NULL,
	"term" text COLLATE "C" NOT NULL,
	"row_id" text COLLATE "C" NOT NULL,
	"place" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sign_in_experience" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"application_id" text COLLATE "C" NOT NULL,
	"display_name" text COLLATE "C" DEFAULT '' NOT NULL,
	"branding" text,
	"color" text,
	"terms_of_use_uri" text COLLATE "C" DEFAULT '' NOT NULL,
	"privacy_policy_uri" text COLLATE "C" DEFAULT '' NOT NULL,
	"custom_css" text COLLATE "C" DEFAULT '' NOT NULL,
	"hide_branding" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "user_consent_scope" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"application_id" text COLLATE "C" NOT NULL,
	"type" bigint DEFAULT 0 NOT NULL,
	"scope_id" text COLLATE "C",
	"user_scope" text COLLATE "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
DROP INDEX "application_project";--> statement-breakpoint
DROP INDEX "group_member_group";--> statement-breakpoint
DROP INDEX "organization_member_organization";--> statement-breakpoint
DROP INDEX "role_assignment_role";--> statement-breakpoint
DROP INDEX "scope_tenant";--> statement-breakpoint
DROP INDEX "user_identity_user";--> statement-breakpoint
ALTER TABLE "application" ADD COLUMN "description" text COLLATE "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "application" ADD COLUMN "third_party" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "application" ADD COLUMN "custom_data" text;--> statement-breakpoint
ALTER TABLE "application" ADD COLUMN "redirect_uris" text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "application" ADD COLUMN "post_logout_redirect_uris" text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "application" ADD COLUMN "device_flow" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "application" ADD COLUMN "protected_app_metadata" text;--> statement-breakpoint
ALTER TABLE "application" ADD COLUMN "sub_domain" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "application_secret" ADD COLUMN "legacy" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "connector" ADD COLUMN "factory_id" text COLLATE "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "connector" ADD COLUMN "target" text COLLATE "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "connector" ADD COLUMN "sync_profile" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "connector" ADD COLUMN "token_storage" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "connector" ADD COLUMN "authorization_endpoint" text COLLATE "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "connector" ADD COLUMN "scopes" text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "connector" ADD COLUMN "subject_claim" text COLLATE "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "connector" ADD COLUMN "endpoint" text COLLATE "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "connector" ADD COLUMN "sender" text COLLATE "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "organization" ADD COLUMN "custom_data" text;--> statement-breakpoint
ALTER TABLE "organization_role" ADD COLUMN "type" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "role" ADD COLUMN "is_default" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "admin_console_config" ADD CONSTRAINT "admin_console_config_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "bootstrap_secret" ADD CONSTRAINT "bootstrap_secret_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "consent_organization" ADD CONSTRAINT "consent_organization_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "consent_organization" ADD CONSTRAINT "consent_organization_application_id_application_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."application"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "consent_organization" ADD CONSTRAINT "consent_organization_user_id_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "consent_organization" ADD CONSTRAINT "consent_organization_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "consent_organization" ADD CONSTRAINT "consent_organization_member_id_organization_member_id_fk" FOREIGN KEY ("member_id") REFERENCES "public"."organization_member"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "custom_domain" ADD CONSTRAINT "custom_domain_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "custom_domain" ADD CONSTRAINT "custom_domain_application_id_application_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."application"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "id_token_config" ADD CONSTRAINT "id_token_config_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oidc_session_config" ADD CONSTRAINT "oidc_session_config_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "organization_application" ADD CONSTRAINT "organization_application_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "organization_application" ADD CONSTRAINT "organization_application_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "organization_application" ADD CONSTRAINT "organization_application_application_id_application_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."application"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "organization_invitation" ADD CONSTRAINT "organization_invitation_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "organization_invitation" ADD CONSTRAINT "organization_invitation_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "search_term" ADD CONSTRAINT "search_term_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_experience" ADD CONSTRAINT "sign_in_experience_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_experience" ADD CONSTRAINT "sign_in_experience_application_id_application_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."application"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_consent_scope" ADD CONSTRAINT "user_consent_scope_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_consent_scope" ADD CONSTRAINT "user_consent_scope_application_id_application_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."application"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_consent_scope" ADD CONSTRAINT "user_consent_scope_scope_id_scope_id_fk" FOREIGN KEY ("scope_id") REFERENCES "public"."scope"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "admin_console_config_tenant" ON "admin_console_config" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "bootstrap_secret_tenant" ON "bootstrap_secret" USING btree ("tenant_id");--> statement-breakpoint
CREATE UNIQUE INDEX "consent_organization_key" ON "consent_organization" USING btree ("application_id","user_id","organization_id");--> statement-breakpoint
CREATE INDEX "consent_organization_birth" ON "consent_organization" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "consent_organization_user" ON "consent_organization" USING btree ("user_id","id");--> statement-breakpoint
CREATE INDEX "consent_organization_organization" ON "consent_organization" USING btree ("organization_id");--> statement-breakpoint
CREATE INDEX "consent_organization_member" ON "consent_organization" USING btree ("member_id");--> statement-breakpoint
CREATE UNIQUE INDEX "custom_domain_domain" ON "custom_domain" USING btree ("domain");--> statement-breakpoint
CREATE INDEX "custom_domain_birth" ON "custom_domain" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "custom_domain_application" ON "custom_domain" USING btree ("application_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "id_token_config_tenant" ON "id_token_config" USING btree ("tenant_id");--> statement-breakpoint
CREATE UNIQUE INDEX "oidc_session_config_tenant" ON "oidc_session_config" USING btree ("tenant_id");--> statement-breakpoint
CREATE UNIQUE INDEX "organization_application_key" ON "organization_application" USING btree ("application_id","organization_id");--> statement-breakpoint
CREATE INDEX "organization_application_birth" ON "organization_application" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "organization_application_organization" ON "organization_application" USING btree ("organization_id","id");--> statement-breakpoint
CREATE INDEX "organization_application_application" ON "organization_application" USING btree ("application_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "organization_invitation_pending" ON "organization_invitation" USING btree ("organization_id","invitee") WHERE status = 1;--> statement-breakpoint
CREATE INDEX "organization_invitation_birth" ON "organization_invitation" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "organization_invitation_organization" ON "organization_invitation" USING btree ("organization_id","id");--> statement-breakpoint
CREATE INDEX "organization_invitation_expiry" ON "organization_invitation" USING btree ("expire_time");--> statement-breakpoint
CREATE UNIQUE INDEX "search_term_key" ON "search_term" USING btree ("tenant_id","type","field","term","row_id");--> statement-breakpoint
CREATE INDEX "search_term_row" ON "search_term" USING btree ("row_id");--> statement-breakpoint
CREATE UNIQUE INDEX "sign_in_experience_application" ON "sign_in_experience" USING btree ("application_id");--> statement-breakpoint
CREATE INDEX "sign_in_experience_birth" ON "sign_in_experience" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "user_consent_scope_key" ON "user_consent_scope" USING btree ("application_id","type","scope_id") WHERE scope_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "user_consent_scope_user" ON "user_consent_scope" USING btree ("application_id","user_scope") WHERE user_scope <> '';--> statement-breakpoint
CREATE INDEX "user_consent_scope_birth" ON "user_consent_scope" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "user_consent_scope_application" ON "user_consent_scope" USING btree ("application_id","id");--> statement-breakpoint
CREATE INDEX "user_consent_scope_scope" ON "user_consent_scope" USING btree ("scope_id");--> statement-breakpoint
CREATE UNIQUE INDEX "application_sub_domain" ON "application" USING btree ("sub_domain") WHERE sub_domain is not null;--> statement-breakpoint
CREATE INDEX "application_birth" ON "application" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "application_secret_birth" ON "application_secret" USING btree ("application_id","id");--> statement-breakpoint
CREATE INDEX "application_secret_tenant" ON "application_secret" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "connector_target" ON "connector" USING btree ("tenant_id","target") WHERE target <> '';--> statement-breakpoint
CREATE INDEX "connector_birth" ON "connector" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "group_birth" ON "group" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "group_member_birth" ON "group_member" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "group_member_user" ON "group_member" USING btree ("user_id","id");--> statement-breakpoint
CREATE INDEX "organization_birth" ON "organization" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "organization_member_birth" ON "organization_member" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "organization_member_user" ON "organization_member" USING btree ("user_id","id");--> statement-breakpoint
CREATE INDEX "organization_role_birth" ON "organization_role" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "project_birth" ON "project" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "resource_birth" ON "resource" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "role_birth" ON "role" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "role_default" ON "role" USING btree ("tenant_id") WHERE is_default;--> statement-breakpoint
CREATE INDEX "role_assignment_birth" ON "role_assignment" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "role_assignment_user_birth" ON "role_assignment" USING btree ("user_id","id");--> statement-breakpoint
CREATE INDEX "role_assignment_application_birth" ON "role_assignment" USING btree ("application_id","id");--> statement-breakpoint
CREATE INDEX "scope_birth" ON "scope" USING btree ("resource_id","id");--> statement-breakpoint
CREATE INDEX "user_birth" ON "user" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "user_identity_birth" ON "user_identity" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "user_identity_connector" ON "user_identity" USING btree ("connector_id","id");--> statement-breakpoint
CREATE INDEX "application_project" ON "application" USING btree ("project_id","id");--> statement-breakpoint
CREATE INDEX "group_member_group" ON "group_member" USING btree ("group_id","id");--> statement-breakpoint
CREATE INDEX "organization_member_organization" ON "organization_member" USING btree ("organization_id","id");--> statement-breakpoint
CREATE INDEX "role_assignment_role" ON "role_assignment" USING btree ("role_id","id");--> statement-breakpoint
CREATE INDEX "scope_tenant" ON "scope" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "user_identity_user" ON "user_identity" USING btree ("user_id","id");