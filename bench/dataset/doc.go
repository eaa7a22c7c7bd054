// Package dataset has the seeded generators of the benchmarks: the same seed and
// number of rows give the same bytes everywhere. Read [Dataset] first, then
// market.go for what a generator is. Writers of the file forms are in write.go;
// records in memory, which are the caller's to release, in arrow.go.
//
// The package must not import the engine, but for the writers of Parquet and Avro
// files: what it writes is what anyone would.
package dataset
