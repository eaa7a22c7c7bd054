package planner_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/planner"
)

func TestAvro(t *testing.T) {
	b := newBench(t, planner.Run)
	b.file("order.avsc", `{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"item","type":["null","string"]},`+
		`{"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}},{"name":"tags","type":{"type":"array","items":"string"}}]}`)
	b.file("in.jsonl", `{"id":1,"item":"a","price":1.5,"tags":["x","y"]}`, `{"id":2,"item":null,"price":-3,"tags":[]}`)
	const write = `CREATE STREAM o AS SELECT id, item, CAST(price AS DECIMAL(10,2)) AS price, tags FROM 'in.jsonl'
		WITH ('o.type'='file_sink', 'o.path'='o.capture', 'o.format'='capture', 'o.payload.format'='avro'`
	b.run(write + `, 'o.schema.file'='order.avsc')`)
	require.Contains(t, b.read("o.capture"), `payload_base64`)

	q := newBench(t, planner.Query)
	q.o.Env.Dirs = b.o.Env.Dirs
	const keys = `FROM 'o.capture' WITH ('format'='avro', 'schema.file'='order.avsc'`
	require.Equal(t, `{"id":1,"item":"a","price":1.50,"tags":["x","y"]}`+"\n"+`{"id":2,"item":null,"price":-3.00,"tags":[]}`, q.run(`SELECT * `+keys+`)`))
	require.Equal(t, `{"item":null,"_offset":1}`, q.run(`SELECT item, _offset `+keys+`) WHERE price < 0`), "only the wanted columns are read")
	require.Equal(t, `{"id":1}`+"\n"+`{"id":2}`, q.run(`SELECT id FROM 'in.jsonl' WITH ('schema.file'='order.avsc')`), "its columns hold for other formats")

	// What a sink without a schema writes has a schema of its columns.
	b.run(write + `)`)
	union := func(t string) string { return `["null",` + t + `]` }
	q.o.Set = map[string]string{"o.schema": `{"type":"record","name":"row","fields":[{"name":"id","type":` + union(`"long"`) + `},{"name":"item","type":` + union(`"string"`) +
		`},{"name":"price","type":` + union(`{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}`) + `},{"name":"tags","type":` + union(`{"type":"array","items":`+union(`"string"`)+`}`) + `}]}`}
	require.Equal(t, `{"id":1,"price":1.50,"tags":["x","y"]}`+"\n"+`{"id":2,"price":-3.00,"tags":[]}`,
		q.run(`CREATE STREAM o WITH ('type'='file_source', 'path'='o.capture', 'format'='avro'); SELECT id, price, tags FROM o`))
	q.o.Set = nil

	require.Contains(t, q.fails(`SELECT id FROM 'o.capture' WITH ('format'='avro')`), "schema.file")
	require.Contains(t, q.fails("SELECT id\nFROM 'o.capture' WITH ('format'='avro', 'schema'='{\"type\":\"recrd\"}')"), `app.sql:2:`)
	require.Contains(t, q.fails(`SELECT id FROM 'in.jsonl' WITH ('format'='avro', 'schema.file'='order.avsc')`), "no Avro container file")
	require.Contains(t, q.fails(`SELECT idd `+keys+`)`), "id, item, price, tags")

	// Container files hold their schema.
	b.run(`CREATE STREAM o AS SELECT id, item, tags FROM 'in.jsonl' WITH ('o.type'='file_sink', 'o.path'='o.avro', 'o.compression.type'='snappy')`)
	require.Equal(t, `{"id":1,"item":"a","tags":["x","y"]}`+"\n"+`{"id":2,"item":null,"tags":[]}`, q.run(`SELECT * FROM 'o.avro'`))
	require.Equal(t, `{"tags":[],"_offset":1}`, q.run(`SELECT tags, _offset FROM 'o.avro' WHERE id > 1`))
	b.run(`CREATE STREAM o AS SELECT id, item, CAST(price AS DECIMAL(10,2)) AS price, tags FROM 'in.jsonl' WITH ('o.type'='file_sink', 'o.path'='p.avro', 'o.schema.file'='order.avsc')`)
	require.Contains(t, b.read("p.avro"), `"name":"Order"`)
	require.Equal(t, `{"price":1.50}`+"\n"+`{"price":-3.00}`, q.run(`SELECT price FROM 'p.avro'`))
}
