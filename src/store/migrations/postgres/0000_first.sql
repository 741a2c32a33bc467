CREATE TABLE "application" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"project_id" text COLLATE "C" NOT NULL,
	"type" bigint DEFAULT 0 NOT NULL,
	"disabled" boolean DEFAULT false NOT NULL,
	"public_client" boolean DEFAULT false NOT NULL,
	"origins" text DEFAULT '[]' NOT NULL,
	"connector_ids" text DEFAULT '[]' NOT NULL,
	"default_connector_id" text COLLATE "C" DEFAULT '' NOT NULL,
	"default_resource_id" text COLLATE "C" DEFAULT '' NOT NULL,
	"resource_ids" text DEFAULT '[]' NOT NULL,
	"access_token_ttl" bigint DEFAULT 0 NOT NULL,
	"refresh_token_idle_ttl" bigint DEFAULT 0 NOT NULL,
	"refresh_token_absolute_ttl" bigint DEFAULT 0 NOT NULL,
	"refresh_retry_window" bigint,
	"certificate_uris" text DEFAULT '[]' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "application_certificate" (
	"uri" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"application_id" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "application_origin" (
	"origin" text COLLATE "C" NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"application_id" text COLLATE "C" NOT NULL,
	CONSTRAINT "application_origin_origin_application_id_pk" PRIMARY KEY("origin","application_id")
);
--> statement-breakpoint
CREATE TABLE "application_secret" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"application_id" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"digest" text COLLATE "C" NOT NULL,
	"expire_time" bigint,
	"last_use_time" bigint
);
--> statement-breakpoint
CREATE TABLE "audit_event" (
	"tenant_id" text COLLATE "C" NOT NULL,
	"seq" bigint NOT NULL,
	"time" bigint NOT NULL,
	"event" text COLLATE "C" NOT NULL,
	"actor" text COLLATE "C" NOT NULL,
	"subject" text COLLATE "C" NOT NULL,
	"client_id" text COLLATE "C" NOT NULL,
	"request_id" text COLLATE "C" NOT NULL,
	"outcome" text COLLATE "C" NOT NULL,
	"reason" text COLLATE "C" NOT NULL,
	"detail" text DEFAULT '{}' NOT NULL,
	"sealed" boolean DEFAULT false NOT NULL,
	"previous_hash" text COLLATE "C",
	"seal" text COLLATE "C",
	CONSTRAINT "audit_event_tenant_id_seq_pk" PRIMARY KEY("tenant_id","seq")
);
--> statement-breakpoint
CREATE TABLE "connector" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"disabled" boolean DEFAULT false NOT NULL,
	"verification" bigint DEFAULT 0 NOT NULL,
	"issuer" text COLLATE "C" NOT NULL,
	"jwks_uri" text COLLATE "C" DEFAULT '' NOT NULL,
	"audiences" text DEFAULT '[]' NOT NULL,
	"authorized_clients" text DEFAULT '[]' NOT NULL,
	"algorithms" text DEFAULT '[]' NOT NULL,
	"token_kind" bigint DEFAULT 0 NOT NULL,
	"conditions" text DEFAULT '[]' NOT NULL,
	"allow_any_audience" boolean DEFAULT false NOT NULL,
	"just_in_time" boolean DEFAULT false NOT NULL,
	"just_in_time_role_ids" text DEFAULT '[]' NOT NULL,
	"single_use" boolean DEFAULT false NOT NULL,
	"max_token_lifetime" bigint DEFAULT 0 NOT NULL,
	"leeway" bigint DEFAULT 0 NOT NULL,
	"introspection_endpoint" text COLLATE "C" DEFAULT '' NOT NULL,
	"client_id" text COLLATE "C" DEFAULT '' NOT NULL,
	"client_secret" text COLLATE "C" DEFAULT '' NOT NULL,
	"userinfo_endpoint" text COLLATE "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "connector_audience" (
	"tenant_id" text COLLATE "C" NOT NULL,
	"issuer" text COLLATE "C" NOT NULL,
	"audience" text COLLATE "C" NOT NULL,
	"connector_id" text COLLATE "C" NOT NULL,
	CONSTRAINT "connector_audience_tenant_id_issuer_audience_pk" PRIMARY KEY("tenant_id","issuer","audience")
);
--> statement-breakpoint
CREATE TABLE "data_key" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"purpose" text COLLATE "C" NOT NULL,
	"status" text COLLATE "C" NOT NULL,
	"sealed_key" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "grant" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"parent_id" text COLLATE "C",
	"user_id" text COLLATE "C" NOT NULL,
	"client_id" text COLLATE "C" NOT NULL,
	"resource_id" text COLLATE "C" NOT NULL,
	"organization_id" text COLLATE "C",
	"connector_id" text COLLATE "C",
	"realm" text COLLATE "C" NOT NULL,
	"scope" text COLLATE "C",
	"request_id" text COLLATE "C" NOT NULL,
	"create_time" bigint NOT NULL,
	"expire_time" bigint NOT NULL,
	"revoke_time" bigint,
	"revoke_reason" text COLLATE "C"
);
--> statement-breakpoint
CREATE TABLE "group" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"description" text COLLATE "C" DEFAULT '' NOT NULL,
	"role_ids" text DEFAULT '[]' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "group_member" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"group_id" text COLLATE "C" NOT NULL,
	"user_id" text COLLATE "C" NOT NULL,
	"expire_time" bigint
);
--> statement-breakpoint
CREATE TABLE "instance" (
	"name" text COLLATE "C" PRIMARY KEY NOT NULL,
	"value" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "organization" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"description" text COLLATE "C" DEFAULT '' NOT NULL,
	"disabled" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "organization_member" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"organization_id" text COLLATE "C" NOT NULL,
	"user_id" text COLLATE "C" NOT NULL,
	"organization_role_ids" text DEFAULT '[]' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "organization_role" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"description" text COLLATE "C" DEFAULT '' NOT NULL,
	"scope_ids" text DEFAULT '[]' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "project" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"is_default" boolean DEFAULT false NOT NULL,
	"disabled" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "refresh_family" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"grant_id" text COLLATE "C" NOT NULL,
	"client_id" text COLLATE "C" NOT NULL,
	"binding" text COLLATE "C",
	"generation" bigint NOT NULL,
	"head_digest" text COLLATE "C" NOT NULL,
	"previous_digest" text COLLATE "C",
	"salt" text COLLATE "C",
	"retry_window_ms" bigint NOT NULL,
	"idle_ttl_ms" bigint NOT NULL,
	"create_time" bigint NOT NULL,
	"rotate_time" bigint,
	"idle_expire_time" bigint NOT NULL,
	"absolute_expire_time" bigint NOT NULL,
	"revoke_time" bigint
);
--> statement-breakpoint
CREATE TABLE "resource" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"indicator" text COLLATE "C" NOT NULL,
	"access_token_ttl" bigint DEFAULT 0 NOT NULL,
	"is_default" boolean DEFAULT false NOT NULL,
	"server_client_ids" text DEFAULT '[]' NOT NULL,
	"signing_algorithm" bigint DEFAULT 0 NOT NULL,
	"disabled" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "revoked_token" (
	"jti" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"expire_time" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "role" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"description" text COLLATE "C" DEFAULT '' NOT NULL,
	"type" bigint DEFAULT 0 NOT NULL,
	"scope_ids" text DEFAULT '[]' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "role_assignment" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"role_id" text COLLATE "C" NOT NULL,
	"user_id" text COLLATE "C",
	"application_id" text COLLATE "C",
	"expire_time" bigint
);
--> statement-breakpoint
CREATE TABLE "scope" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"resource_id" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"description" text COLLATE "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "signing_key" (
	"kid" text COLLATE "C" PRIMARY KEY NOT NULL,
	"tenant_id" text COLLATE "C",
	"purpose" text COLLATE "C" NOT NULL,
	"algorithm" text COLLATE "C" NOT NULL,
	"status" text COLLATE "C" NOT NULL,
	"public_jwk" text COLLATE "C" NOT NULL,
	"sealed_private_key" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"effective_at" bigint,
	"retired_at" bigint
);
--> statement-breakpoint
CREATE TABLE "tenant" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"disabled" boolean DEFAULT false NOT NULL,
	"policy_epoch" bigint DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "used_token" (
	"tenant_id" text COLLATE "C" NOT NULL,
	"connector_id" text COLLATE "C" NOT NULL,
	"fingerprint" text COLLATE "C" NOT NULL,
	"expire_time" bigint NOT NULL,
	CONSTRAINT "used_token_tenant_id_connector_id_fingerprint_pk" PRIMARY KEY("tenant_id","connector_id","fingerprint")
);
--> statement-breakpoint
CREATE TABLE "user" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"username" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" DEFAULT '' NOT NULL,
	"email" text COLLATE "C" DEFAULT '' NOT NULL,
	"email_verified" boolean DEFAULT false NOT NULL,
	"email_key" text COLLATE "C" DEFAULT '' NOT NULL,
	"phone" text COLLATE "C" DEFAULT '' NOT NULL,
	"suspended" boolean DEFAULT false NOT NULL,
	"epoch" bigint DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "user_identity" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"create_time" bigint NOT NULL,
	"update_time" bigint NOT NULL,
	"tenant_id" text COLLATE "C" NOT NULL,
	"user_id" text COLLATE "C" NOT NULL,
	"connector_id" text COLLATE "C" NOT NULL,
	"subject" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
ALTER TABLE "application" ADD CONSTRAINT "application_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "application" ADD CONSTRAINT "application_project_id_project_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."project"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "application_certificate" ADD CONSTRAINT "application_certificate_application_id_application_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."application"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "application_origin" ADD CONSTRAINT "application_origin_application_id_application_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."application"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "application_secret" ADD CONSTRAINT "application_secret_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "application_secret" ADD CONSTRAINT "application_secret_application_id_application_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."application"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connector" ADD CONSTRAINT "connector_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connector_audience" ADD CONSTRAINT "connector_audience_connector_id_connector_id_fk" FOREIGN KEY ("connector_id") REFERENCES "public"."connector"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group" ADD CONSTRAINT "group_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_member" ADD CONSTRAINT "group_member_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_member" ADD CONSTRAINT "group_member_group_id_group_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."group"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_member" ADD CONSTRAINT "group_member_user_id_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "organization" ADD CONSTRAINT "organization_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "organization_member" ADD CONSTRAINT "organization_member_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "organization_member" ADD CONSTRAINT "organization_member_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "organization_member" ADD CONSTRAINT "organization_member_user_id_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "organization_role" ADD CONSTRAINT "organization_role_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "project" ADD CONSTRAINT "project_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refresh_family" ADD CONSTRAINT "refresh_family_grant_id_grant_id_fk" FOREIGN KEY ("grant_id") REFERENCES "public"."grant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "resource" ADD CONSTRAINT "resource_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "role" ADD CONSTRAINT "role_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "role_assignment" ADD CONSTRAINT "role_assignment_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "role_assignment" ADD CONSTRAINT "role_assignment_role_id_role_id_fk" FOREIGN KEY ("role_id") REFERENCES "public"."role"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "role_assignment" ADD CONSTRAINT "role_assignment_user_id_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "role_assignment" ADD CONSTRAINT "role_assignment_application_id_application_id_fk" FOREIGN KEY ("application_id") REFERENCES "public"."application"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scope" ADD CONSTRAINT "scope_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scope" ADD CONSTRAINT "scope_resource_id_resource_id_fk" FOREIGN KEY ("resource_id") REFERENCES "public"."resource"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user" ADD CONSTRAINT "user_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_identity" ADD CONSTRAINT "user_identity_tenant_id_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenant"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_identity" ADD CONSTRAINT "user_identity_user_id_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_identity" ADD CONSTRAINT "user_identity_connector_id_connector_id_fk" FOREIGN KEY ("connector_id") REFERENCES "public"."connector"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "application_name" ON "application" USING btree ("tenant_id","name");--> statement-breakpoint
CREATE INDEX "application_project" ON "application" USING btree ("project_id");--> statement-breakpoint
CREATE INDEX "application_certificate_application" ON "application_certificate" USING btree ("application_id");--> statement-breakpoint
CREATE INDEX "application_origin_application" ON "application_origin" USING btree ("application_id");--> statement-breakpoint
CREATE UNIQUE INDEX "application_secret_name" ON "application_secret" USING btree ("application_id","name");--> statement-breakpoint
CREATE INDEX "audit_event_sealed" ON "audit_event" USING btree ("sealed");--> statement-breakpoint
CREATE UNIQUE INDEX "connector_name" ON "connector" USING btree ("tenant_id","name");--> statement-breakpoint
CREATE INDEX "connector_audience_connector" ON "connector_audience" USING btree ("connector_id");--> statement-breakpoint
CREATE INDEX "grant_user" ON "grant" USING btree ("tenant_id","user_id");--> statement-breakpoint
CREATE INDEX "grant_expiry" ON "grant" USING btree ("expire_time");--> statement-breakpoint
CREATE UNIQUE INDEX "group_name" ON "group" USING btree ("tenant_id","name");--> statement-breakpoint
CREATE UNIQUE INDEX "group_member_key" ON "group_member" USING btree ("user_id","group_id");--> statement-breakpoint
CREATE INDEX "group_member_group" ON "group_member" USING btree ("group_id");--> statement-breakpoint
CREATE UNIQUE INDEX "organization_name" ON "organization" USING btree ("tenant_id","name");--> statement-breakpoint
CREATE UNIQUE INDEX "organization_member_key" ON "organization_member" USING btree ("user_id","organization_id");--> statement-breakpoint
CREATE INDEX "organization_member_organization" ON "organization_member" USING btree ("organization_id");--> statement-breakpoint
CREATE UNIQUE INDEX "organization_role_name" ON "organization_role" USING btree ("tenant_id","name");--> statement-breakpoint
CREATE UNIQUE INDEX "project_name" ON "project" USING btree ("tenant_id","name");--> statement-breakpoint
CREATE UNIQUE INDEX "project_default" ON "project" USING btree ("tenant_id") WHERE is_default;--> statement-breakpoint
CREATE INDEX "refresh_family_grant" ON "refresh_family" USING btree ("grant_id");--> statement-breakpoint
CREATE INDEX "refresh_family_expiry" ON "refresh_family" USING btree ("absolute_expire_time");--> statement-breakpoint
CREATE UNIQUE INDEX "resource_indicator" ON "resource" USING btree ("tenant_id","indicator");--> statement-breakpoint
CREATE UNIQUE INDEX "resource_default" ON "resource" USING btree ("tenant_id") WHERE is_default;--> statement-breakpoint
CREATE INDEX "revoked_token_expiry" ON "revoked_token" USING btree ("expire_time");--> statement-breakpoint
CREATE UNIQUE INDEX "role_name" ON "role" USING btree ("tenant_id","name");--> statement-breakpoint
CREATE UNIQUE INDEX "role_assignment_user" ON "role_assignment" USING btree ("user_id","role_id") WHERE user_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "role_assignment_application" ON "role_assignment" USING btree ("application_id","role_id") WHERE application_id is not null;--> statement-breakpoint
CREATE INDEX "role_assignment_role" ON "role_assignment" USING btree ("role_id");--> statement-breakpoint
CREATE UNIQUE INDEX "scope_name" ON "scope" USING btree ("resource_id","name");--> statement-breakpoint
CREATE INDEX "scope_tenant" ON "scope" USING btree ("tenant_id");--> statement-breakpoint
CREATE UNIQUE INDEX "tenant_name" ON "tenant" USING btree ("name");--> statement-breakpoint
CREATE INDEX "used_token_expiry" ON "used_token" USING btree ("expire_time");--> statement-breakpoint
CREATE UNIQUE INDEX "user_username" ON "user" USING btree ("tenant_id","username");--> statement-breakpoint
CREATE UNIQUE INDEX "user_email" ON "user" USING btree ("tenant_id","email_key") WHERE email_key <> '';--> statement-breakpoint
CREATE UNIQUE INDEX "user_identity_subject" ON "user_identity" USING btree ("tenant_id","connector_id","subject");--> statement-breakpoint
CREATE INDEX "user_identity_user" ON "user_identity" USING btree ("user_id");