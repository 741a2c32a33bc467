DROP INDEX "grant_user";--> statement-breakpoint
DROP INDEX "refresh_family_expiry";