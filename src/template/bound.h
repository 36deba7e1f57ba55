// Things that end with the evaluation that made them.
#pragma once

namespace weir::tmpl {

class Evaluation;

// A link in the evaluation's list of its living things. When the evaluation ends, what is still alive is told to drop
// all that it holds: references in a circle are broken this way, and nothing can use an evaluation that is gone.
class Bound {
 public:
  explicit Bound(Evaluation& evaluation);
  Bound() = default;  // the list's head
  Bound(const Bound&) = delete;
  Bound& operator=(const Bound&) = delete;
  virtual ~Bound() { unlink(); }
  virtual void expire() {}
  Bound* next() const { return next_; }
  void insert_after(Bound& other) {
    previous_ = &other;
    next_ = other.next_;
    if (next_) next_->previous_ = this;
    other.next_ = this;
  }
  void unlink() {
    if (next_) next_->previous_ = previous_;
    if (previous_) previous_->next_ = next_;
    next_ = previous_ = nullptr;
  }

 private:
  Bound* next_ = nullptr;
  Bound* previous_ = nullptr;
};

}  // namespace weir::tmpl
