// Deletion vectors (Delta protocol, "Deletion Vector Format"): which rows of a data file are gone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "format/row_bitmap.h"
#include "lake/action.h"
#include "lake/snapshot.h"

namespace weir::lake {

// The object that holds the vector: a key of the table's store; nullopt if the vector is inline. Error{bad_log} if the
// vector names none, Error{path_outside} if it lies outside of the store.
std::optional<std::string> deletion_vector_key(const TableLocation& table, const DeletionVector& vector);

// The positions of the deleted rows, counted from 0 in the file's order. Error{bad_deletion_vector} naming the object
// if it is damaged or holds another number of rows than the log says, Error{store_not_found} if it is not there.
format::RowBitmap read_deletion_vector(const TableLocation& table, const DeletionVector& vector);

// A vector as an object of vectors holds it: the size of the bitmap, the bitmap with its magic number, their checksum.
// Errors as above.
std::string deletion_vector_frame(const TableLocation& table, const DeletionVector& vector);

// Several vectors in one object that is still to be put under `key`.
struct DeletionVectorFile {
  std::string key;  // below the table's folder: [<prefix>/]deletion_vector_<uuid>.bin
  std::string bytes;
  std::vector<DeletionVector> vectors;  // one for each set of rows, in their order
};
DeletionVectorFile write_deletion_vectors(const std::vector<format::RowBitmap>& rows, const std::string& prefix,
                                          const std::string& uuid);

// The uuid in the name of an object that holds vectors; "" for other names.
std::string uuid_of_deletion_vectors(const std::string& key);

// The keys below the table's folder of what a file consists of: its data, and its vector unless that is inline. What
// lies elsewhere (in a shallow clone) has none.
std::vector<std::string> keys_in_table(const TableLocation& table, const std::string& path,
                                       const DeletionVector* vector);

}  // namespace weir::lake
