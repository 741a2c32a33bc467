-- What SQLite does with FTS5 and triggers: a trigram index for substring search, and terms that go with their rows.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
--> statement-breakpoint
CREATE INDEX "search_term_trigram" ON "search_term" USING gin ("term" gin_trgm_ops);
--> statement-breakpoint
CREATE FUNCTION remove_search_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM "search_term" WHERE "row_id" = old."id";
  RETURN old;
END $$;
--> statement-breakpoint
CREATE TRIGGER "tenant_terms" AFTER DELETE ON "tenant" FOR EACH ROW EXECUTE FUNCTION remove_search_terms();
--> statement-breakpoint
CREATE TRIGGER "project_terms" AFTER DELETE ON "project" FOR EACH ROW EXECUTE FUNCTION remove_search_terms();
--> statement-breakpoint
CREATE TRIGGER "connector_terms" AFTER DELETE ON "connector" FOR EACH ROW EXECUTE FUNCTION remove_search_terms();
--> statement-breakpoint
CREATE TRIGGER "application_terms" AFTER DELETE ON "application" FOR EACH ROW EXECUTE FUNCTION remove_search_terms();
--> statement-breakpoint
CREATE TRIGGER "resource_terms" AFTER DELETE ON "resource" FOR EACH ROW EXECUTE FUNCTION remove_search_terms();
--> statement-breakpoint
CREATE TRIGGER "scope_terms" AFTER DELETE ON "scope" FOR EACH ROW EXECUTE FUNCTION remove_search_terms();
--> statement-breakpoint
CREATE TRIGGER "role_terms" AFTER DELETE ON "role" FOR EACH ROW EXECUTE FUNCTION remove_search_terms();
--> statement-breakpoint
CREATE TRIGGER "group_terms" AFTER DELETE ON "group" FOR EACH ROW EXECUTE FUNCTION remove_search_terms();
--> statement-breakpoint
CREATE TRIGGER "organization_terms" AFTER DELETE ON "organization" FOR EACH ROW EXECUTE FUNCTION remove_search_terms();
--> statement-breakpoint
CREATE TRIGGER "organization_role_terms" AFTER DELETE ON "organization_role" FOR EACH ROW EXECUTE FUNCTION remove_search_terms();
--> statement-breakpoint
CREATE TRIGGER "user_terms" AFTER DELETE ON "user" FOR EACH ROW EXECUTE FUNCTION remove_search_terms();
--> statement-breakpoint
CREATE TRIGGER "organization_invitation_terms" AFTER DELETE ON "organization_invitation" FOR EACH ROW EXECUTE FUNCTION remove_search_terms();
--> statement-breakpoint
INSERT INTO "search_term" ("tenant_id", "type", "field", "term", "row_id", "place") SELECT "tenant_id", 'project', 'name', lower("name"), "id", right("tenant_id", 2) || 'p' FROM "project" WHERE "name" <> '';
--> statement-breakpoint
INSERT INTO "search_term" ("tenant_id", "type", "field", "term", "row_id", "place") SELECT "tenant_id", 'connector', 'name', lower("name"), "id", right("tenant_id", 2) || 'c' FROM "connector" WHERE "name" <> '';
--> statement-breakpoint
INSERT INTO "search_term" ("tenant_id", "type", "field", "term", "row_id", "place") SELECT "tenant_id", 'application', 'name', lower("name"), "id", right("tenant_id", 2) || 'a' FROM "application" WHERE "name" <> '';
--> statement-breakpoint
INSERT INTO "search_term" ("tenant_id", "type", "field", "term", "row_id", "place") SELECT "tenant_id", 'resource', 'name', lower("name"), "id", right("tenant_id", 2) || 'r' FROM "resource" WHERE "name" <> '';
--> statement-breakpoint
INSERT INTO "search_term" ("tenant_id", "type", "field", "term", "row_id", "place") SELECT "tenant_id", 'resource', 'indicator', lower("indicator"), "id", right("tenant_id", 2) || 'r' FROM "resource" WHERE "indicator" <> '';
--> statement-breakpoint
INSERT INTO "search_term" ("tenant_id", "type", "field", "term", "row_id", "place") SELECT "tenant_id", 'scope', 'name', lower("name"), "id", right("tenant_id", 2) || 's' FROM "scope" WHERE "name" <> '';
--> statement-breakpoint
INSERT INTO "search_term" ("tenant_id", "type", "field", "term", "row_id", "place") SELECT "tenant_id", 'role', 'name', lower("name"), "id", right("tenant_id", 2) || 'r' FROM "role" WHERE "name" <> '';
--> statement-breakpoint
INSERT INTO "search_term" ("tenant_id", "type", "field", "term", "row_id", "place") SELECT "tenant_id", 'group', 'name', lower("name"), "id", right("tenant_id", 2) || 'g' FROM "group" WHERE "name" <> '';
--> statement-breakpoint
INSERT INTO "search_term" ("tenant_id", "type", "field", "term", "row_id", "place") SELECT "tenant_id", 'organization', 'name', lower("name"), "id", right("tenant_id", 2) || 'o' FROM "organization" WHERE "name" <> '';
--> statement-breakpoint
INSERT INTO "search_term" ("tenant_id", "type", "field", "term", "row_id", "place") SELECT "tenant_id", 'organizationRole', 'name', lower("name"), "id", right("tenant_id", 2) || 'o' FROM "organization_role" WHERE "name" <> '';
--> statement-breakpoint
INSERT INTO "search_term" ("tenant_id", "type", "field", "term", "row_id", "place") SELECT "tenant_id", 'user', 'username', lower("username"), "id", right("tenant_id", 2) || 'u' FROM "user" WHERE "username" <> '';
--> statement-breakpoint
INSERT INTO "search_term" ("tenant_id", "type", "field", "term", "row_id", "place") SELECT "tenant_id", 'user', 'name', lower("name"), "id", right("tenant_id", 2) || 'u' FROM "user" WHERE "name" <> '';
--> statement-breakpoint
INSERT INTO "search_term" ("tenant_id", "type", "field", "term", "row_id", "place") SELECT "tenant_id", 'user', 'email', lower("email"), "id", right("tenant_id", 2) || 'u' FROM "user" WHERE "email" <> '';
--> statement-breakpoint
INSERT INTO "search_term" ("tenant_id", "type", "field", "term", "row_id", "place") SELECT "tenant_id", 'user', 'phone', lower("phone"), "id", right("tenant_id", 2) || 'u' FROM "user" WHERE "phone" <> '';
