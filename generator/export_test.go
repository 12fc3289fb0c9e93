package generator

// SetTiles changes how many items a page of a collection shows.
func (g *Generator) SetTiles(n int) { g.tiles = n }

// MaxTiles is how many items a page of a collection shows.
const MaxTiles = maxTiles
