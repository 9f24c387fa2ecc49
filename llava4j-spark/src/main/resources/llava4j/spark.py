"""LLaVA in PySpark: the transformer of llava4j-spark, whose jar holds this module (--py-files).

PySpark looks for a Python class of the Java class's name when it reads a stored Pipeline, so this module and its class
are named as the Java package and class are. Parameters are those of the Java class; docs/spark.md has their list.
"""

import os

from pyspark.ml.param import TypeConverters
from pyspark.ml.util import JavaMLReadable, JavaMLWritable
from pyspark.ml.wrapper import JavaTransformer


def _text(value):
    return TypeConverters.toString(os.fspath(value) if isinstance(value, os.PathLike) else value)


# By the kind of the Java parameter. Without these a whole number given for a Java double, as in temperature=0, would
# end in a ClassCastException.
_CONVERTERS = {
    "Param": _text,
    "DoubleParam": TypeConverters.toFloat,
    "IntParam": TypeConverters.toInt,
    "LongParam": TypeConverters.toInt,
}


class LlavaTransformer(JavaTransformer, JavaMLReadable, JavaMLWritable):
    """Answers a question for each row.

    Parameters may be given by name: LlavaTransformer(model=..., prompt=...). None leaves a parameter as it is.
    """

    def __init__(self, **params):
        super().__init__()
        self._java_obj = self._new_java_obj("llava4j.spark.LlavaTransformer", self.uid)
        self._create_params_from_java()
        for param in self._java_obj.params():
            getattr(self, param.name()).typeConverter = _CONVERTERS[param.getClass().getSimpleName()]
        self._transfer_params_from_java()
        unknown = sorted(name for name in params if not self.hasParam(name))
        if unknown:
            known = ", ".join(param.name for param in self.params)
            raise TypeError("LlavaTransformer has no parameter " + ", ".join(unknown) + "; it has " + known)
        self._set(**{name: value for name, value in params.items() if value is not None})
