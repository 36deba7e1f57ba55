// Deletion vectors (Delta protocol, "Deletion Vector Format"): which rows of a data file are gone.
#pragma once

#include <optional>
#include <string>

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

}  // namespace weir::lake
