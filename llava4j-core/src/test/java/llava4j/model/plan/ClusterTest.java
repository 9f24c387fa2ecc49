package llava4j.model.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.OptionalDouble;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterTest {
  @ParameterizedTest
  @CsvSource({"H100,1,1", "8xH100,1,8", "4x8xa100,4,8", "2x4xA100-40GB,2,4", "1xRTX4090,1,1"})
  void readsMachinesDevicesAndKind(String text, int nodes, int devices) {
    Cluster cluster = Cluster.parse(text, OptionalDouble.empty());
    assertThat(cluster.nodes()).isEqualTo(nodes);
    assertThat(cluster.devicesPerNode()).isEqualTo(devices);
    assertThat(cluster.size()).isEqualTo(nodes * devices);
  }

  @ParameterizedTest
  @CsvSource({
    "8xB300, unknown device 'B300'",
    "8H100, names no device",
    "8x, names no device",
    "x8xH100, unknown device",
    "0xH100, has 0 devices",
    "64xH100, several machines are written as 4x8xH100",
    "9999x8xH100, from 1 to 4096"
  })
  void saysWhatIsWrong(String text, String part) {
    assertThatThrownBy(() -> Cluster.parse(text, OptionalDouble.empty()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(part);
  }

  @Test
  void namesTheKnownDevices() {
    assertThatThrownBy(() -> Accelerator.named("TPU"))
        .hasMessage("unknown device 'TPU': use one of A100, A100-40GB, H100, H200, L40S, RTX4090");
  }

  /// Within a machine the link counts; between machines all their network cards together.
  @Test
  void theNarrowestPlaceDecides() {
    assertThat(Cluster.parse("8xH100", OptionalDouble.empty()).collectiveBandwidth())
        .isEqualTo(450e9);
    assertThat(Cluster.parse("4x8xH100", OptionalDouble.empty()).collectiveBandwidth())
        .isEqualTo(400e9);
    assertThat(Cluster.parse("4x8xH100", OptionalDouble.of(100)).collectiveBandwidth())
        .isEqualTo(100e9);
  }
}
