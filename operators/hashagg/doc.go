// Package hashagg is GROUP BY: [Op] is the operator without windows, and
// [Groups] is the core that the window operator uses too: a table of keys, the
// states of the aggregate calls, and how many input rows of each group are
// not yet in an emitted row.
//
// Read [Groups] first. A batch is evaluated once ([Spec.Eval]), giving [Rows];
// rows that fail are gone before they touch a state. Groups.Update, or
// UpdateEach for EMIT CHANGES, adds a selection of them, Groups.Emit gives the
// rows of groups as columns, and [Output.Send] applies HAVING to those, settles
// the ledger and emits the batch.
//
// Where rows of the input may be taken back, or the result is a table, [Op] also
// keeps the lives of groups: how many rows each has and whether its row was emitted.
// A group without rows ends, and what was emitted of it is deleted, as is a row that
// HAVING no longer lets pass. Read lives.go, then retract.go and deletion.go.
//
// State lives on Go's heap and belongs to the Groups; emitted columns belong to
// the scope of the batch that is being emitted. The package knows neither SQL
// text nor the planner.
package hashagg
