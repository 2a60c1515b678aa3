// What the reference document says of the tables, read from its CREATE TABLE blocks:
// { Users: { email: { type: 'VARCHAR', values: null, required: true, unique: true,
//                     default: undefined }, … }, … }
// default is the JSON of a JSONB column, parsed.
'use strict';

const fs = require('fs');
const path = require('path');

const text = fs.readFileSync(path.join(__dirname, '../../schema-reference.md'), 'utf8');
const tables = {};

for (const [, table, body] of text.matchAll(/^CREATE TABLE "(\w+)" \(\n([^]*?)^\);/gm)) {
  const columns = {};
  const lines = /^ {2}(?!UNIQUE\()(\w+) (ENUM\([^)]*\)|\w+(?:\[\])?)((?:[^\n']|'[^']*')*?),?$/gm;

  for (const [, name, type, rest] of body.matchAll(lines)) {
    const json = type === 'JSONB' && /DEFAULT '([^']*)'/.exec(rest);

    columns[name] = {
      type: type.replace(/\(.*/, ''),
      values: type.startsWith('ENUM') ? type.match(/\w+(?=')/g) : null,
      required: /NOT NULL/.test(rest),
      unique: /UNIQUE/.test(rest),
      default: json ? JSON.parse(json[1]) : undefined,
    };
  }
  tables[table] = columns;
}

module.exports = tables;
