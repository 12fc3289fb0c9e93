//go:build tools

package main

// The module is needed for the file in it alone: nothing of its Go code is built.
import _ "github.com/gen2brain/heic"
