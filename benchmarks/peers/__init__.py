"""The benchmark model as others would write it: each module has ``run(year) -> Thin``, and all must agree."""
