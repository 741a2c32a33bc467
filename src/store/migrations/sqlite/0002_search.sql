-- The trigram index behind substring search, and the triggers that keep it and the terms in step with their rows. A
-- cascade removes rows that no operation names; their terms go with them all the same.
CREATE VIRTUAL TABLE `search_trigram` USING fts5(`term`, `place`, content='search_term', content_rowid='id', tokenize='trigram case_sensitive 1');
--> statement-breakpoint
-- What is removed is gone from the index too, not only marked: it may be somebody's name.
INSERT INTO `search_trigram` (`search_trigram`, rank) VALUES ('secure-delete', 1);
--> statement-breakpoint
CREATE TRIGGER `search_term_added` AFTER INSERT ON `search_term` BEGIN
  INSERT INTO `search_trigram` (rowid, `term`, `place`) VALUES (new.`id`, new.`term`, new.`place`);
END;
--> statement-breakpoint
CREATE TRIGGER `search_term_removed` AFTER DELETE ON `search_term` BEGIN
  INSERT INTO `search_trigram` (`search_trigram`, rowid, `term`, `place`) VALUES ('delete', old.`id`, old.`term`, old.`place`);
END;
--> statement-breakpoint
CREATE TRIGGER `tenant_terms` AFTER DELETE ON `tenant` BEGIN
  DELETE FROM `search_term` WHERE `row_id` = old.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `project_terms` AFTER DELETE ON `project` BEGIN
  DELETE FROM `search_term` WHERE `row_id` = old.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `connector_terms` AFTER DELETE ON `connector` BEGIN
  DELETE FROM `search_term` WHERE `row_id` = old.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `application_terms` AFTER DELETE ON `application` BEGIN
  DELETE FROM `search_term` WHERE `row_id` = old.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `resource_terms` AFTER DELETE ON `resource` BEGIN
  DELETE FROM `search_term` WHERE `row_id` = old.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `scope_terms` AFTER DELETE ON `scope` BEGIN
  DELETE FROM `search_term` WHERE `row_id` = old.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `role_terms` AFTER DELETE ON `role` BEGIN
  DELETE FROM `search_term` WHERE `row_id` = old.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `group_terms` AFTER DELETE ON `group` BEGIN
  DELETE FROM `search_term` WHERE `row_id` = old.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `organization_terms` AFTER DELETE ON `organization` BEGIN
  DELETE FROM `search_term` WHERE `row_id` = old.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `organization_role_terms` AFTER DELETE ON `organization_role` BEGIN
  DELETE FROM `search_term` WHERE `row_id` = old.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `user_terms` AFTER DELETE ON `user` BEGIN
  DELETE FROM `search_term` WHERE `row_id` = old.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `organization_invitation_terms` AFTER DELETE ON `organization_invitation` BEGIN
  DELETE FROM `search_term` WHERE `row_id` = old.`id`;
END;
--> statement-breakpoint
INSERT INTO `search_term` (`tenant_id`, `type`, `field`, `term`, `row_id`, `place`) SELECT `tenant_id`, 'project', 'name', lower(`name`), `id`, substr(`tenant_id`, -2) || 'p' FROM `project` WHERE `name` <> '';
--> statement-breakpoint
INSERT INTO `search_term` (`tenant_id`, `type`, `field`, `term`, `row_id`, `place`) SELECT `tenant_id`, 'connector', 'name', lower(`name`), `id`, substr(`tenant_id`, -2) || 'c' FROM `connector` WHERE `name` <> '';
--> statement-breakpoint
INSERT INTO `search_term` (`tenant_id`, `type`, `field`, `term`, `row_id`, `place`) SELECT `tenant_id`, 'application', 'name', lower(`name`), `id`, substr(`tenant_id`, -2) || 'a' FROM `application` WHERE `name` <> '';
--> statement-breakpoint
INSERT INTO `search_term` (`tenant_id`, `type`, `field`, `term`, `row_id`, `place`) SELECT `tenant_id`, 'resource', 'name', lower(`name`), `id`, substr(`tenant_id`, -2) || 'r' FROM `resource` WHERE `name` <> '';
--> statement-breakpoint
INSERT INTO `search_term` (`tenant_id`, `type`, `field`, `term`, `row_id`, `place`) SELECT `tenant_id`, 'resource', 'indicator', lower(`indicator`), `id`, substr(`tenant_id`, -2) || 'r' FROM `resource` WHERE `indicator` <> '';
--> statement-breakpoint
INSERT INTO `search_term` (`tenant_id`, `type`, `field`, `term`, `row_id`, `place`) SELECT `tenant_id`, 'scope', 'name', lower(`name`), `id`, substr(`tenant_id`, -2) || 's' FROM `scope` WHERE `name` <> '';
--> statement-breakpoint
INSERT INTO `search_term` (`tenant_id`, `type`, `field`, `term`, `row_id`, `place`) SELECT `tenant_id`, 'role', 'name', lower(`name`), `id`, substr(`tenant_id`, -2) || 'r' FROM `role` WHERE `name` <> '';
--> statement-breakpoint
INSERT INTO `search_term` (`tenant_id`, `type`, `field`, `term`, `row_id`, `place`) SELECT `tenant_id`, 'group', 'name', lower(`name`), `id`, substr(`tenant_id`, -2) || 'g' FROM `group` WHERE `name` <> '';
--> statement-breakpoint
INSERT INTO `search_term` (`tenant_id`, `type`, `field`, `term`, `row_id`, `place`) SELECT `tenant_id`, 'organization', 'name', lower(`name`), `id`, substr(`tenant_id`, -2) || 'o' FROM `organization` WHERE `name` <> '';
--> statement-breakpoint
INSERT INTO `search_term` (`tenant_id`, `type`, `field`, `term`, `row_id`, `place`) SELECT `tenant_id`, 'organizationRole', 'name', lower(`name`), `id`, substr(`tenant_id`, -2) || 'o' FROM `organization_role` WHERE `name` <> '';
--> statement-breakpoint
INSERT INTO `search_term` (`tenant_id`, `type`, `field`, `term`, `row_id`, `place`) SELECT `tenant_id`, 'user', 'username', lower(`username`), `id`, substr(`tenant_id`, -2) || 'u' FROM `user` WHERE `username` <> '';
--> statement-breakpoint
INSERT INTO `search_term` (`tenant_id`, `type`, `field`, `term`, `row_id`, `place`) SELECT `tenant_id`, 'user', 'name', lower(`name`), `id`, substr(`tenant_id`, -2) || 'u' FROM `user` WHERE `name` <> '';
--> statement-breakpoint
INSERT INTO `search_term` (`tenant_id`, `type`, `field`, `term`, `row_id`, `place`) SELECT `tenant_id`, 'user', 'email', lower(`email`), `id`, substr(`tenant_id`, -2) || 'u' FROM `user` WHERE `email` <> '';
--> statement-breakpoint
INSERT INTO `search_term` (`tenant_id`, `type`, `field`, `term`, `row_id`, `place`) SELECT `tenant_id`, 'user', 'phone', lower(`phone`), `id`, substr(`tenant_id`, -2) || 'u' FROM `user` WHERE `phone` <> '';
