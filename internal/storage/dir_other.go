//go:build !unix

package storage

import (
	"io/fs"
	"os"
)

// inode: this system has none to offer; size and time must do.
func inode(fs.FileInfo) uint64 { return 0 }

func notDirectory(error) bool { return false }

// syncDir: this system makes renames durable by itself and can't flush a directory.
func syncDir(*os.File) error { return nil }
