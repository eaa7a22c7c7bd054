// Package tpch has the tables and the 22 queries of the TPC-H benchmark. The
// generator is the project's own: sizes, domains and selectivities are those of
// the benchmark's specification, the values are not dbgen's, and the seed decides
// all of them. Read [Generate] and [Queries].
//
// The package imports Arrow and nothing of the engine.
package tpch
