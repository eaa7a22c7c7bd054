// Package protobuf is the format "protobuf": one message a record, of a .proto
// file or a descriptor set that the keys schema or schema.file give.
//
// Read [Format], then schema.go, which finds the message and its columns,
// compile.go, which makes a reader of the wanted fields, and decode.go, which
// walks a message with it straight into the columns; what is not wanted is
// stepped over. encode.go goes the other way.
//
// Values are copied to the batch's scope. The package must not import planner,
// operators or expr.
package protobuf
