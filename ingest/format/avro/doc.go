// Package avro is the format "avro": one binary datum a record, as topics carry
// them, with the writer's schema from the key schema or schema.file; and container
// files, which hold their schema (container.go, containerout.go).
//
// Read [Format], then schema.go, which parses a schema to a tree of nodes,
// compile.go, which makes a reader of the wanted columns of it, and decode.go,
// which walks a datum with that reader straight into the columns; what is not
// wanted is stepped over. encode.go goes the other way, with a schema made of
// the columns when none is given. A single-object encoding header that names the
// schema is accepted.
//
// Values are copied to the batch's scope. The package must not import planner,
// operators or expr.
package avro
