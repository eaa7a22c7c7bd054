package planner

import (
	"time"

	"github.com/velostream/velo/arrowexec"
)

// Report is what a run did: the closing ledger and the figures behind it.
type Report struct {
	// Ledger is the sum over all queries; Queries has each.
	Ledger  arrowexec.Ledger
	Queries []QueryReport
	Sources []SourceReport
	Sinks   []SinkReport
	Nodes   []NodeReport
	States  []StateReport
	Bytes   int64
	Elapsed time.Duration
	Run     arrowexec.Result
}

// QueryReport is one statement's part of a report.
type QueryReport struct {
	Name   string
	Ledger arrowexec.Ledger
}

// SourceReport counts what a source gave, summed over the queries that read it.
type SourceReport struct {
	Name   string
	Ledger arrowexec.Ledger
	// Among is the rows of queries that read other inputs as well: which fate is
	// whose is not known, it stands with the query only.
	Among         int64
	Rows          int64 // records read, once
	Bytes         int64
	UnknownFields int64 // payload fields that the schema does not have
	Tombstones    int64
	// Watermark is that of the first query that has one; [arrowexec.NoWatermark]
	// if none has. Partitions are those it was made from.
	Watermark  int64
	Partitions []PartitionReport
}

// PartitionReport is one partition's part in a watermark.
type PartitionReport struct {
	Partition   int32
	Watermark   int64 // arrowexec.NoWatermark before its first row
	Ended, Idle bool
}

// StateReport is the state of one operator at the end of a run.
type StateReport struct {
	Query    string
	Operator string
	State    arrowexec.State
}

// SinkReport counts what a sink was given.
type SinkReport struct {
	Name  string
	Rows  int64
	Bytes int64
}

// NodeReport is one operator of an analyzed run.
type NodeReport struct {
	Query   string
	Name    string
	Batches int64
	In, Out int64
	Bytes   int64         // of the rows that came in, as columns
	Time    time.Duration // of this operator alone
	State   arrowexec.State
}
