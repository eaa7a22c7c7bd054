// Package recordbatch walks the record batches of Kafka's log, format version 2,
// as brokers send them: from the bytes of an answer to columns of offsets, times
// and the places of keys, payloads and headers.
//
// Read [Decoder.Fill] first: it takes the batches of a [Chunk], the bytes of one
// partition in one answer, checks and unpacks each once, and appends its records to
// a [Block]. Nothing is allocated for a record; a block is used again once nobody
// reads it. Records of aborted transactions and the markers of transactions are
// left out, as read_committed asks, and offsets without records are stepped over.
//
// The package knows the format and the codecs, not the network: it must not import
// the Kafka client, nor anything of this module.
package recordbatch
