namespace CephRbd.LabTests.Kernel;

/// <summary>What the doctor says of a node with rbd in its kernel.</summary>
[Collection(GuestCollection.Name)]
public sealed class DoctorTests(KernelLab lab)
{
    private readonly Guest _guest = new(lab);

    [Fact]
    public void Without_udevd_a_map_by_hand_hangs_and_the_doctor_says_so() => _guest.Run("doctor-udev");
}
