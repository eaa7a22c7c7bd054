package planner_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/planner"
)

func TestProtobuf(t *testing.T) {
	b := newBench(t, planner.Run)
	b.file("order.proto", `syntax = "proto3"; import "google/protobuf/timestamp.proto";
		message Item { string sku = 1; int32 n = 2; } message Order { int64 id = 1; repeated Item items = 2; optional string note = 3; google.protobuf.Timestamp at = 4; } message Other { int32 x = 1; }`)
	b.file("in.jsonl", `{"id":1,"items":[{"sku":"a","n":2}],"note":"x","at":"2024-02-29T12:34:56.789Z"}`, `{"id":-2,"items":[],"note":null,"at":null}`)
	const keys = `'schema.file'='order.proto', 'protobuf.message'='Order'`
	b.run(`CREATE STREAM o AS SELECT id, items, note, CAST(at AS TIMESTAMP(6)) AS at FROM 'in.jsonl' WITH ('o.type'='file_sink', 'o.path'='o.capture', 'o.format'='capture', 'o.payload.format'='protobuf', 'o.schema.file'='order.proto', 'o.protobuf.message'='Order')`)

	q := newBench(t, planner.Query)
	q.o.Env.Dirs = b.o.Env.Dirs
	require.Equal(t, `{"id":1,"items":[{"sku":"a","n":2}],"note":"x","at":"2024-02-29T12:34:56.789000Z"}`+"\n"+`{"id":-2,"items":[],"note":null,"at":null}`,
		q.run(`SELECT * FROM 'o.capture' WITH ('format'='protobuf', `+keys+`)`))
	require.Equal(t, `{"sku":"a","note":"x"}`, q.run(`SELECT items[1].sku, note FROM 'o.capture' WITH ('format'='protobuf', `+keys+`) WHERE id > 0`))
	require.Contains(t, q.fails(`SELECT id FROM 'o.capture' WITH ('format'='protobuf', 'schema.file'='order.proto')`), "protobuf.message with one of Item, Order, Other")
	require.Contains(t, q.fails(`SELECT id FROM 'o.capture' WITH ('format'='protobuf')`), "schema.file")
	require.Contains(t, q.fails("SELECT id\nFROM 'o.capture' WITH ('format'='protobuf', 'schema'='message {')"), "app.sql:2:")
	require.Contains(t, q.fails(`SELECT id FROM 'in.jsonl' WITH ('format'='protobuf', `+keys+`)`), "no file form")
}
