namespace CephRbd.Native;
