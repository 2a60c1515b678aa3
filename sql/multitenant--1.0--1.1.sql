\echo Use "ALTER EXTENSION multitenant UPDATE TO '1.1'" to load this file. \quit

-- From 1.0 to 1.1: what the parts of the install script say now and did not say then.

SET LOCAL search_path TO pg_catalog, pg_temp;
