package ast

import "github.com/velostream/velo/planner/internal/diag"

// Pos is a place in the text; see diag.Pos for how lines and columns count.
type Pos = diag.Pos

// Node is any part of the tree.
type Node interface {
	// Pos is the place an error about the node points at.
	Pos() Pos
}

// Place is embedded by every node and holds its position.
type Place struct{ Position Pos }

// Pos returns the position.
func (p Place) Pos() Pos { return p.Position }

// At makes the Place of a node: &Name{Place: At(pos), …}.
func At(p Pos) Place { return Place{Position: p} }

// Ident is one identifier. Name is its text without quotes; Quoted says that it
// stood in "…" or `…`. Lookup is exact first, then by the only case-insensitive
// match, quoted or not.
type Ident struct {
	Place
	Name   string
	Quoted bool
}
