// Listing folders of HDFS.
#pragma once

#include "store/hdfs/namenode.h"
#include "store/remote/in_order.h"

namespace weir::store::hdfs {

// The entries of a folder ("" = the root). Empty if there is no such folder. Names that start with .tmp- are left out.
// Always all of them: the namenode can list after a name, but its order of names is that of signed bytes.
remote::Level list_folder(Namenode& namenode, const std::string& folder);

}  // namespace weir::store::hdfs
