-- QR codes: the shape of the pictures, and bad input. test/t/090_qr.pl reads them.
SET search_path = multitenant, pg_catalog;

-- nothing of the content is in the markup, nothing that runs or loads, and nothing but ASCII
SELECT qr_svg('</svg><script>alert("é")</script>') ~ '^<svg xmlns="http://www\.w3\.org/2000/svg" viewBox="0 0 [0-9]+ [0-9]+" shape-rendering="crispEdges" role="img" aria-label="QR code"><rect width="[0-9]+" height="[0-9]+" fill="#fff"/><path fill="#000" d="(M[0-9]+ [0-9]+h[0-9]+v1h-[0-9]+z)+"/></svg>$' AS clean;

-- The smallest version at error correction M (ISO/IEC 18004, table 7), and one byte more
SELECT version, length(content) AS bytes,
       substring(qr_svg(content) FROM 'viewBox="0 0 ([0-9]+) ')::int AS width, 17 + 4 * version + 8 AS expected,
       cardinality(string_to_array(qr_text(content), E'\n')) * 2 AS text_height
FROM (VALUES (1, 14), (2, 15), (2, 26), (3, 27), (3, 42), (4, 43), (9, 180), (10, 181), (39, 2213), (40, 2214), (40, 2331)) v (version, bytes),
     repeat('x', bytes) AS content;

-- A quiet zone of four modules on every side: light, so drawn. All lines are as long.
WITH line AS (SELECT * FROM string_to_table(qr_text(repeat('x', 100)), E'\n') WITH ORDINALITY AS t (line, n)),
     bounds AS (SELECT max(n) AS last, max(length(line)) AS width FROM line)
SELECT count(*) FILTER (WHERE length(line) <> width) AS other_width,
       bool_and(line ~ '^█{4}.*█{4}$') AS sides,
       bool_and(line = repeat('█', width::int)) FILTER (WHERE n IN (1, 2, last - 1, last)) AS top_and_bottom,
       bool_and(line ~ '^[█▀▄ ]+$') AS characters
FROM line, bounds;

-- The same content is the same picture; another one is another.
SELECT qr_svg('a') = qr_svg('a') AS same, qr_svg('a') <> qr_svg('b') AS other;
SELECT qr_svg(NULL) IS NULL AND qr_text(NULL) IS NULL AS null_for_null;

SELECT qr_svg('');
SELECT qr_text('');
SELECT qr_svg(repeat('x', 2332));
SELECT qr_text(repeat('x', 2332));
-- bytes count, not characters
SELECT length(qr_text(repeat('é', 1165))) > 0 AS fits;
SELECT qr_text(repeat('é', 1166));
SELECT qr_text('x' || repeat('é', 1165));
SELECT qr_svg(repeat('x', 100000000));

-- Anybody may call them.
CREATE ROLE regress_qr_anybody;
SET ROLE regress_qr_anybody;
SELECT length(qr_svg('a')) > 0 AS svg, length(qr_text('a')) > 0 AS text;
RESET ROLE;
DROP ROLE regress_qr_anybody;
