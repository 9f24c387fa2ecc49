package llava4j.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import llava4j.constraint.Constraint;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;

class JsonFormsTest {
  private final JsonForms forms = new JsonForms();

  @Test
  void theSameSchemaIsCompiledOnce() {
    Constraint first = forms.ofSchema("{\"type\":\"string\"}");

    assertThat(forms.ofSchema("{\"type\":\"string\"}")).isSameAs(first);
    assertThat(forms.anyObject()).isSameAs(forms.anyObject()).isNotSameAs(first);
  }

  @Test
  void schemasThatWereNotUsedForLongAreForgotten() {
    Constraint often = forms.ofSchema("{\"const\":0}");
    Constraint once = forms.ofSchema("{\"const\":1}");
    for (int i = 2; i < 40; i++) {
      forms.ofSchema("{\"const\":" + i + "}");
      forms.ofSchema("{\"const\":0}");
    }

    assertThat(forms.ofSchema("{\"const\":0}")).isSameAs(often);
    assertThat(forms.ofSchema("{\"const\":1}")).isNotSameAs(once);
  }

  @Test
  void whatCannotBePromisedIsRefused() {
    assertThatThrownBy(() -> forms.ofSchema("{\"type\":"))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("the JSON schema: ");
    assertThatThrownBy(() -> forms.ofSchema("{\"type\":\"object\",\"nonsense\":1}"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("no effect")
        .hasMessageContaining("nonsense");
  }
}
